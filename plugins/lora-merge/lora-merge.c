/* plugins/lora-merge/lora-merge.c: the transform that adds the products of a LoRA to the weights it was trained on.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include "plugins/common/lora-describe.h"
#include <fmtconv/formats.h>
#include <string.h>

static const fmtconv_param params[] = {
  { "alpha", FMTCONV_PARAM_FLOAT, offsetof (struct merge_params, alpha), NULL,
    "lora_alpha of the training; default: from the LoRA's file" },
  { "weight", FMTCONV_PARAM_FLOAT, offsetof (struct merge_params, weight), "1",
    "strength: a factor in addition to alpha/rank" },
  { "adapter", FMTCONV_PARAM_PAIRS, offsetof (struct merge_params, adapter), NULL,
    "the adapter to merge, if the LoRA has several, or NAME@WEIGHT; may be repeated" },
  { "fan-in-fan-out", FMTCONV_PARAM_BOOL, offsetof (struct merge_params, fan_in_fan_out), NULL,
    "square weights have the axes [in, out]; default: from the LoRA's configuration, else no" },
  { "file", FMTCONV_PARAM_INPUT, offsetof (struct merge_params, file), NULL,
    "the LoRA's file or folder; default: the LoRA in the model itself" },
  { "model", FMTCONV_PARAM_TEXT, offsetof (struct merge_params, model), NULL,
    "the model file whose rules translate names that are not those of the model; default: the one that takes "
    "them" },
  { 0 },
};

/* Returns the first term of a weight or of a weight that it is tied to; *n: the number of terms. */
static const struct merge_term *
terms_of (const struct merge *m, const fmtconv_tensor *t, size_t *n)
{
  size_t a = 0, b = m->n;
  t = lora_first_tied (m->in, t);
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if ((uintptr_t) m->terms[middle].first < (uintptr_t) t)
        a = middle + 1;
      else
        b = middle;
    }
  for (*n = 0; a + *n < m->n && m->terms[a + *n].first == t;)
    ++*n;
  return &m->terms[a];
}

/* Fails if a wrapped module has no matrices: they were lost. */
static int
check_wrapped (struct merge *m)
{
  size_t lost = 0, n;
  FMTCONV_FOREACH (t, m->in)
    if (strcmp (lora_plain_name (m->ctx, t->name), t->name) != 0
        && !strcmp (strrchr (t->name, '.'), ".weight"))
      {
        terms_of (m, t, &n);
        if (n > 0)
          continue;
        fmtconv_detail (m->ctx, "'%s'", t->name);
        lost++;
      }
  if (lost == 0)
    return 0;
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "check that the checkpoint is complete" },
      lost == 1 ? "%llu weight was trained with a LoRA, but the LoRA's matrices are missing"
                : "%llu weights were trained with a LoRA, but the LoRA's matrices are missing",
      (unsigned long long) lost);
}

static void
put_all (struct merge *m)
{
  FMTCONV_FOREACH (t, m->in)
    {
      size_t n;
      const struct merge_term *terms = terms_of (m, t, &n);
      const int is_own = m->lora == m->in;
      if (is_own && lora_groups_use (&m->groups, t))
        continue;
      fmtconv_model_put (m->out, is_own ? lora_plain_name (m->ctx, t->name) : t->name,
                         n ? lora_merge_sum (m, t, terms, n) : t->view);
      if (fmtconv_ctx_failed (m->ctx))
        return;
    }
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct merge_params *p = params_;
  struct merge m = {
    .ctx = ctx, .params = p, .in = in, .lora = p->file ? fmtconv_input_read (p->file, NULL) : in, .out = out
  };
  m.facts = (struct lora_facts){
    .ctx = ctx, .alpha = p->alpha, .transform = "lora-merge", .hint = "lora-merge:alpha=N"
  };
  if (!m.lora || lora_facts_read (&m.facts, m.lora, p->file) || merge_collect (&m) || merge_find_bases (&m)
      || merge_find_transposed (&m) || merge_set_factors (&m))
    return fmtconv_ctx_failed (ctx);
  if (m.lora == in && check_wrapped (&m))
    return fmtconv_ctx_failed (ctx);
  put_all (&m);
  if (!fmtconv_ctx_failed (ctx))
    merge_report (&m);
  return fmtconv_ctx_failed (ctx);
}

static int
describe (fmtconv_ctx *ctx, const fmtconv_model *model, fmtconv_description *out)
{
  *out = (fmtconv_description){ .kind = "lora",
                                .title = lora_describe (ctx, model),
                                .command = "-t lora-merge:file=INPUT MODEL OUTPUT.safetensors" };
  return out->title != NULL;
}

FMTCONV_PLUGIN (lora_merge, .name = "lora-merge", .summary = "adds a LoRA to the weights it was trained on",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "file=FILE", .merges = 1,
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply,
                                                .describe = describe));
