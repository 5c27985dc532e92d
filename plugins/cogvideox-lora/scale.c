/* plugins/cogvideox-lora/scale.c: puts the factor alpha/rank into the matrices or into peft's metadata.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "lora.h"
#include <math.h>
#include <string.h>

static fmtconv_view *
scaled (const fmtconv_tensor *t, double factor)
{
  return fmtconv_view_watch (fmtconv_view_scale (t->view, factor),
                             FMTCONV_FINDING_UNDERFLOW | FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_WARN,
                             "--dtype f32 keeps them all");
}

/* Returns the lora_A of a lora_B, or NULL if `b` is not a lora_B or has none. */
static const fmtconv_tensor *
partner (fmtconv_ctx *ctx, const fmtconv_model *model, const fmtconv_tensor *b)
{
  const char *at = strstr (b->name, ".lora_B.");
  if (!at)
    return NULL;
  return fmtconv_model_find (
      model, fmtconv_ctx_printf (ctx, "%.*s.lora_A.%s", (int) (at - b->name), b->name, at + 8));
}

/* Multiplies B by the factor.  In F16 a small factor would make most of B subnormal.  So A is multiplied by a
 * power of two with half of the factor's exponent, rounded up, and B by the rest: exact for A, one rounding for B. */
void
lora_bake (fmtconv_ctx *ctx, fmtconv_model *out, double factor)
{
  if (factor == 1)
    return;
  FMTCONV_FOREACH (b, out)
    {
      const fmtconv_tensor *a = partner (ctx, out, b);
      int shared = a && b->dtype == FMTCONV_F16 && fabs (factor) < 1 ? (1 - ilogb (factor)) / 2 : 0;
      if (!a)
        continue;
      if (shared)
        fmtconv_model_replace (out, a, scaled (a, ldexp (1, -shared)));
      fmtconv_model_replace (out, b, scaled (b, ldexp (factor, shared)));
    }
}

static void
set_number (fmtconv_attr *node, const char *key, double value)
{
  if (value == rint (value) && fabs (value) < 1e15)
    fmtconv_attr_set_int (node, key, (int64_t) value);
  else
    fmtconv_attr_set_float (node, key, value);
}

/* Writes the fields of peft's LoraConfig with the prefixes that diffusers (>= 0.34) reads: loaders/lora_base.py. */
void
lora_describe_output (fmtconv_ctx *ctx, fmtconv_model *out, double alpha, int64_t rank)
{
  fmtconv_attr *config =
      fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                              "transformer.bias" : "none",
                              "transformer.lora_dropout" : 0.0,
                              "transformer.target_modules" : [ "to_q", "to_k", "to_v", "to_out.0" ]
                            }));
  set_number (config, "transformer.lora_alpha", alpha);
  fmtconv_attr_set_int (config, "transformer.r", rank);
  fmtconv_attr_set_string (fmtconv_attr_make (fmtconv_model_attrs (out), "metadata"), "lora_adapter_metadata",
                           fmtconv_attr_json_text (config, 1));
}
