/* plugins/lora-gguf/put.c: puts the matrices and norms of an adapter, and the keys that llama.cpp knows it by.
 * SPDX-License-Identifier: Apache-2.0
 *
 * llama.cpp, convert_lora_to_gguf.py and src/llama-adapter.cpp: the file has one alpha, which is divided by the rank of each
 * pair.  An alpha of 0 counts as none, and B A is added as it is.  The matrices of token_embd are those of the transposed
 * product, because its rows are chosen by tokens. */
#include "config.h"

#include "lora-gguf.h"
#include <math.h>
#include <string.h>

#define EMBEDDING "token_embd.weight"

/* Multiplies B by the part of the factor that the alpha of the file does not give. */
static fmtconv_view *
scaled (struct adapter *s, const struct adapter_pair *p)
{
  const double rank = (double) fmtconv_view_shape (p->b)[fmtconv_view_rank (p->b) - 1];
  const double alpha = p->factor * rank;
  const uint32_t dtype = fmtconv_view_dtype (p->b);
  if (s->alpha == 0 && alpha != 0)
    s->alpha = (float) alpha;
  if (s->alpha == 0 || (float) alpha == s->alpha)
    return p->b;
  fmtconv_view *view = fmtconv_view_cast (fmtconv_view_scale (p->b, alpha / s->alpha), dtype);
  view = fmtconv_view_watch (view, FMTCONV_FINDING_UNDERFLOW | FMTCONV_FINDING_INEXACT,
                             FMTCONV_SEVERITY_COUNT, NULL);
  return fmtconv_view_watch (view, FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_WARN, NULL);
}

static int
put_pair (struct adapter *s, const fmtconv_new_weight *w)
{
  static const unsigned axes[] = { 1, 0 };
  struct adapter_pair p;
  if (adapter_check_weight (s, w) || adapter_pair_make (s, w, &p))
    return fmtconv_ctx_failed (s->ctx);
  fmtconv_view *a = p.a, *b = scaled (s, &p);
  if (!strcmp (w->name, EMBEDDING))
    {
      fmtconv_view *rows = b;
      b = fmtconv_view_permute (a, axes);
      a = rows;
    }
  fmtconv_model_put (s->out, fmtconv_ctx_printf (s->ctx, "%s.lora_a", w->name), a);
  fmtconv_model_put (s->out, fmtconv_ctx_printf (s->ctx, "%s.lora_b", w->name), b);
  return fmtconv_ctx_failed (s->ctx);
}

/* Puts a norm that replaces the model's. */
static int
put_norm (struct adapter *s, const fmtconv_new_weight *w)
{
  const fmtconv_tensor *t = s->groups.group[w->rows->weight].part[LORA_SET];
  if (w->n)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = t->name },
                            "it becomes a part of '%s'", w->name);
  s->norms++;
  fmtconv_model_put (s->out, w->name, fmtconv_view_cast (fmtconv_weight_change (w, t->view), FMTCONV_F32));
  return fmtconv_ctx_failed (s->ctx);
}

/* Returns whether a new weight is a norm that was trained in full. */
static bool
is_norm (const struct adapter *s, const fmtconv_new_weight *w)
{
  return w->rows->weight != FMTCONV_NO_WEIGHT && s->groups.group[w->rows->weight].part[LORA_SET];
}

static void
put_keys (struct adapter *s)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (s->out);
  lora_facts_forget (s->ctx, attrs);
  fmtconv_attr *metadata = fmtconv_attr_get (attrs, "metadata");
  if (metadata)
    fmtconv_attr_unset (metadata, "format"); /* of the safetensors file */
  fmtconv_attr_set_string (attrs, "architecture", s->renaming.architecture);
  fmtconv_attr *gguf = fmtconv_attr_make (attrs, "gguf");
  fmtconv_attr_set_string (gguf, "general.type", "adapter");
  fmtconv_attr_set_string (gguf, "adapter.type", "lora");
  fmtconv_attr_set_typed_float (gguf, "adapter.lora.alpha", s->alpha, 32);
}

/* Leaves out the tensors of alphas, which are in the file's alpha or in B. */
static void
drop_alphas (struct adapter *s)
{
  for (size_t i = 0; i < s->groups.n; i++)
    if (s->groups.group[i].part[LORA_ALPHA])
      fmtconv_model_drop (s->out, s->groups.group[i].part[LORA_ALPHA], "stated by a key, or in the matrices");
}

int
adapter_put (struct adapter *s)
{
  for (size_t i = 0; i < s->renaming.n; i++)
    {
      const fmtconv_new_weight *w = &s->renaming.weight[i];
      if (is_norm (s, w) ? put_norm (s, w) : put_pair (s, w))
        return fmtconv_ctx_failed (s->ctx);
    }
  if (s->alpha == 0)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .hint = "give the alpha of the training: lora-gguf:alpha=N" },
                            "alpha is 0, so the adapter changes nothing, and llama.cpp takes 0 for an alpha "
                            "that is not given");
  drop_alphas (s);
  put_keys (s);
  if (s->norms)
    fmtconv_warn (
        s->ctx,
        s->norms == 1
            ? "%zu norm that replaces the model's is in the file, but llama.cpp ignores it; to use "
              "it, merge the adapter: -t lora-merge:file=ADAPTER MODEL/ OUTPUT.gguf"
            : "%zu norms that replace the model's are in the file, but llama.cpp ignores them; to use "
              "them, merge the adapter: -t lora-merge:file=ADAPTER MODEL/ OUTPUT.gguf",
        s->norms);
  return fmtconv_ctx_failed (s->ctx);
}
