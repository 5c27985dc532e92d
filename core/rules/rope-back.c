/* core/rules/rope-back.c: how a rotary embedding is stretched, as transformers names it, from the keys and tensors of a GGUF file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The factors of Llama 3 are a tensor there, made of four numbers.  These are found among those that published models have: the
 * tensor that they give has to be equal.  Twice the context with twice both frequencies is the same function. */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/float-text.h"
#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/rules/rope.h"
#include "core/source/source.h"
#include "core/view/view.h"
#include <string.h>

enum
{
  LARGEST = 2048 /* pairs of elements of a head */
};

/* Reads the numbers of a vector of 32-bit floats that is stored as it is. Returns NULL, or why it cannot be read. */
static const char *
read_numbers (const fmtconv_tensor *tensor, double *to)
{
  const fmtconv_view *view = tensor->view;
  const fci_box *box = &view->boxes[0];
  unsigned char element[4];
  if (tensor->rank != 1 || tensor->shape[0] < 1 || tensor->shape[0] > LARGEST || tensor->dtype != FMTCONV_F32)
    return "the tensor is not a list of 32-bit floats";
  if (box->ops || (!box->source->disk && !box->source->memory))
    return "the tensor is not stored as it is";
  for (uint64_t i = 0; i < tensor->shape[0]; i++)
    {
      float number;
      if (fci_source_read (box->source, box->offset + i * sizeof element, element, sizeof element) != 0)
        return "the tensor cannot be read";
      const uint32_t raw =
          element[0] | (uint32_t) element[1] << 8 | (uint32_t) element[2] << 16 | (uint32_t) element[3] << 24;
      memcpy (&number, &raw, sizeof number);
      to[i] = (double) number;
    }
  return NULL;
}

static bool
is_same (double a, double b)
{
  return !(a < b) && !(a > b);
}

/* Returns whether the entries give these factors. */
static bool
gives (fmtconv_ctx *ctx, fmtconv_attr *scaling, double base, const double *factor, uint64_t n)
{
  const fmtconv_attr *made = NULL;
  fmtconv_attr *config = fmtconv_attr_object (ctx);
  uint64_t i = 0;
  fmtconv_attr_set_float (config, "rope_theta", base);
  if (fci_rope_factors (ctx, config, scaling, 2 * (int64_t) n, &made))
    return false;
  const fmtconv_attr *item = made->first;
  for (; i < n && item && is_same ((float) item->v.f, factor[i]); i++)
    item = item->next;
  return i == n;
}

/* Finds the entries of the kind llama3. Returns NULL, or why there are none. */
static const char *
find_llama3 (fmtconv_ctx *ctx, double base, const double *factor, uint64_t n, fmtconv_attr *out)
{
  static const double contexts[] = { 8192, 4096, 2048, 16384, 32768, 65536, 131072 }, lows[] = { 1, 2, 0.5 },
                      highs[] = { 4, 2, 8, 16, 32 }, factors[] = { 0, 8, 32, 16, 4, 2, 64 };
  for (size_t f = 0; f < sizeof factors / sizeof *factors; f++)
    for (size_t c = 0; c < sizeof contexts / sizeof *contexts; c++)
      for (size_t l = 0; l < sizeof lows / sizeof *lows; l++)
        for (size_t h = 0; h < sizeof highs / sizeof *highs; h++)
          {
            fmtconv_attr_set_string (out, "rope_type", "llama3");
            fmtconv_attr_set_float (out, "factor", f ? factors[f] : factor[n - 1]);
            fmtconv_attr_set_float (out, "low_freq_factor", lows[l]);
            fmtconv_attr_set_float (out, "high_freq_factor", highs[h]);
            fmtconv_attr_set_int (out, "original_max_position_embeddings", (int64_t) contexts[c]);
            if (gives (ctx, out, base, factor, n))
              return NULL;
          }
  return "its factors are not those of Llama 3 with the numbers of a published model";
}

static void
put_list (fmtconv_ctx *ctx, fmtconv_attr *out, const char *key, const double *number, uint64_t n)
{
  fmtconv_attr *list = fci_attr_new (ctx, FMTCONV_ATTR_ARRAY);
  for (uint64_t i = 0; list && i < n; i++)
    fmtconv_attr_set_typed_float (list, NULL, number[i], 32);
  fmtconv_attr_set (out, key, list);
}

/* Puts the factors of short and long contexts. transformers before 5 refuses other entries. */
static const char *
put_long (fmtconv_ctx *ctx, const fmtconv_model *in, double *number, fmtconv_attr *out)
{
  static const char *const names[] = { "rope_factors_short.weight", "rope_factors_long.weight" },
                           *const keys[] = { "short_factor", "long_factor" };
  fmtconv_attr_set_string (out, "type", "longrope");
  for (size_t i = 0; i < 2; i++)
    {
      const fmtconv_tensor *tensor = fmtconv_model_find (in, names[i]);
      const char *why = tensor ? read_numbers (tensor, number) : "one of its two tensors is missing";
      if (why)
        return why;
      put_list (ctx, out, keys[i], number, tensor->shape[0]);
    }
  return NULL;
}

/* Puts entries that are numbers in both. */
static void
put_numbers (fmtconv_attr *config, fmtconv_attr *out)
{
  static const char *const names[][2] = {
    { "rope.scaling.factor", "factor" },
    { "rope.scaling.original_context_length", "original_max_position_embeddings" },
    { "rope.scaling.yarn_ext_factor", "extrapolation_factor" },
    { "rope.scaling.yarn_attn_factor", "attention_factor" },
    { "rope.scaling.yarn_beta_fast", "beta_fast" },
    { "rope.scaling.yarn_beta_slow", "beta_slow" },
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      fmtconv_attr *value = fmtconv_attr_get (config, names[i][0]);
      if (value)
        fmtconv_attr_set (out, names[i][1], value);
    }
}

/* Puts the factor of the attention that DeepSeek adds: a file holds a tenth of mscale_all_dim, and llama.cpp takes mscale to be
 * equal to it. */
static void
put_mscale (fmtconv_attr *config, fmtconv_attr *out)
{
  const fmtconv_attr *tenth = fmtconv_attr_get (config, "rope.scaling.yarn_log_multiplier");
  if (!tenth || tenth->kind != FMTCONV_ATTR_FLOAT)
    return;
  const double value = 10 * fci_float_meant (tenth->v.f, tenth->bits);
  fmtconv_attr_set_float (out, "mscale", value);
  fmtconv_attr_set_float (out, "mscale_all_dim", value);
}

const char *
fci_rope_scaling (const fmtconv_model *in, double base, const fmtconv_attr **out)
{
  fmtconv_ctx *ctx = fci_model_ctx (in);
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (in), "config");
  const char *type = fmtconv_attr_get_string (config, "rope.scaling.type", "none"), *why = NULL;
  const fmtconv_tensor *factors = fmtconv_model_find (in, "rope_freqs.weight");
  double *number = fmtconv_ctx_alloc (ctx, LARGEST, sizeof *number);
  fmtconv_attr *made = fmtconv_attr_object (ctx);
  if (!number || !made)
    return "out of memory";
  if (factors)
    why = read_numbers (factors, number);
  if (factors && !why)
    why = find_llama3 (ctx, base, number, factors->shape[0], made);
  else if (fmtconv_model_find (in, "rope_factors_long.weight"))
    why = put_long (ctx, in, number, made);
  else if (!strcmp (type, "yarn") || !strcmp (type, "linear"))
    {
      fmtconv_attr_set_string (made, "rope_type", type);
      put_numbers (config, made);
      if (!strcmp (type, "yarn"))
        put_mscale (config, made);
    }
  else if (strcmp (type, "none") != 0)
    return "rope.scaling.type of the file is none of: none, linear, yarn; longrope needs its tensors";
  *out = made->len ? made : NULL;
  return why;
}
