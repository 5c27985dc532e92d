/* core/rules/rope.c: the factors by which Llama 3 stretches its rotary embedding.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: transformers, modeling_rope_utils.py (_compute_llama3_parameters).  llama.cpp's converter computes in f32 with torch,
 * in these steps, so that the bytes are the same. */
#include "config.h"

#include "core/attr/attr.h"
#include "core/rules/rope.h"
#include <math.h>

enum
{
  LARGEST = 4096 /* elements of a head */
};

/* The entries, in f32 where torch has them in f32. */
typedef struct stretch
{
  double base;
  double factor;
  double low, high; /* factors of frequencies */
  double context;   /* positions of the original model */
} stretch;

/* Returns what the positions of a pair are divided by. */
static double
factor_of (const stretch *s, double frequency)
{
  const float inverse = 1.0F / (float) frequency;
  const float wavelength = inverse * (float) (2 * 3.14159265358979323846);
  if (wavelength < (float) (s->context / s->high))
    return 1;
  if (wavelength > (float) (s->context / s->low))
    return s->factor;
  const float turns = (1.0F / wavelength) * (float) s->context;
  const float smooth = (turns - (float) s->low) / (float) (s->high - s->low);
  const float mixed = (1.0F - smooth) / (float) s->factor + smooth;
  return (double) (1.0F / mixed);
}

/* Returns a number of the configuration; the fallback if it is absent or null; NaN if it is something else. */
static double
entry (fmtconv_attr *config, const char *key, double fallback)
{
  const fmtconv_attr *value = fmtconv_attr_get (config, key);
  if (!value || value->kind == FMTCONV_ATTR_NULL)
    return fallback;
  return value->kind == FMTCONV_ATTR_BOOL ? NAN : fmtconv_attr_get_float (config, key, NAN);
}

const char *
fci_rope_factors (fmtconv_ctx *ctx, fmtconv_attr *config, fmtconv_attr *scaling, int64_t size,
                  const fmtconv_attr **out)
{
  if (!scaling)
    return "the input's config.json does not have it";
  const stretch s = {
    .base = entry (scaling, "rope_theta", entry (config, "rope_theta", 10000)),
    .factor = entry (scaling, "factor", 8),
    .low = entry (scaling, "low_freq_factor", 1),
    .high = entry (scaling, "high_freq_factor", 4),
    .context = entry (scaling, "original_max_position_embeddings", 8192),
  };
  if (size < 2 || size > LARGEST || !(s.base > 0) || !(s.factor > 0) || !(s.low > 0) || !(s.high > s.low)
      || !(s.context > 0))
    return "its numbers are not those of a rotary embedding";
  fmtconv_attr *array = fci_attr_new (ctx, FMTCONV_ATTR_ARRAY);
  for (int64_t i = 0; array && i < size; i += 2)
    {
      const float exponent = (float) i / (float) size;
      const float power = (float) pow ((double) (float) s.base, (double) exponent);
      fmtconv_attr_set_float (array, NULL, factor_of (&s, (double) (1.0F / power)));
    }
  *out = array;
  return array ? NULL : "out of memory";
}
