/* plugins/quantize/scaled.c: quantizes to 8-bit floats with scales.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scale is the largest absolute value of the weights that share it, divided by the largest number of the
 * type.  Weights are divided by it in 32-bit floats and rounded; readers multiply by it. */
#include "config.h"

#include "quantize.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_SCHEME_DIGITS = 9 /* in a block's size */
};

/* Returns the largest finite number (OCP 8-bit floating point, revision 1.0, table 1). */
static double
largest (uint32_t dtype)
{
  return dtype == FMTCONV_F8_E4M3 ? 448 : 57344;
}

bool
quantize_is_scaled (uint32_t dtype)
{
  return dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2;
}

/* Parses a positive number and moves *s after it.  Returns 0 if it finds none. */
static uint64_t
take_number (const char **s)
{
  uint64_t n = 0;
  for (size_t i = 0; i < MAX_SCHEME_DIGITS && **s >= '0' && **s <= '9'; i++)
    n = 10 * n + (uint64_t) (*(*s)++ - '0');
  return n;
}

/* Parses a block such as "128" or "128x64". */
static int
read_block (fmtconv_ctx *ctx, const char *text, uint64_t *block)
{
  const char *s = text;
  block[0] = block[1] = take_number (&s);
  if (*s == 'x')
    {
      s++;
      block[1] = take_number (&s);
    }
  if (*s || !block[0] || !block[1])
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "block=%s is not a size such as 128 or 128x128", text);
  return 0;
}

int
quantize_read_scaling (fmtconv_ctx *ctx, const struct quantize_params *p, struct quantize_scaling *scaling)
{
  *scaling = (struct quantize_scaling){ .per = p->scale, .name = p->scale_name };
  if (p->block && p->scale != QUANTIZE_BLOCK)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "block=%s needs scale=block", p->block);
  if (p->scale_name != QUANTIZE_DEFAULT_NAME && p->scale == QUANTIZE_NO_SCALE)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "scale-name= needs scale=tensor, scale=row or scale=block");
  if (scaling->name == QUANTIZE_DEFAULT_NAME)
    scaling->name = p->scale == QUANTIZE_BLOCK ? QUANTIZE_WEIGHT_SCALE_INV : QUANTIZE_WEIGHT_SCALE;
  return read_block (ctx, p->block ? p->block : "128", scaling->block)
             ? fmtconv_ctx_failed (ctx)
             : quantize_read_loader (ctx, p, scaling);
}

int
quantize_check_scaling (fmtconv_ctx *ctx, const struct quantize_plan *plan)
{
  uint32_t dtype = quantize_is_scaled (plan->to) ? plan->to : 0;
  for (size_t i = 0; i < plan->n_rules && !dtype; i++)
    dtype = quantize_is_scaled (plan->rules[i].dtype) ? plan->rules[i].dtype : 0;
  if (dtype && plan->scaling.per == QUANTIZE_NO_SCALE)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_USAGE,
        &(fmtconv_where){
            .hint = fmtconv_ctx_printf (
                ctx, "give scale=tensor, scale=row or scale=block; -t cast:to=%s converts without scales",
                fmtconv_dtype_get (dtype)->name) },
        "%s weights need scales", fmtconv_dtype_get (dtype)->name);
  if (!dtype && plan->scaling.per != QUANTIZE_NO_SCALE)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "scale= is only for f8_e4m3 and f8_e5m2; block types contain their scales");
  return 0;
}

/* Sets the number of elements along each axis that share a scale. */
static void
shared (const struct quantize_scaling *scaling, const fmtconv_tensor *t, uint64_t *block)
{
  for (unsigned i = 0; i < t->rank; i++)
    block[i] = scaling->per == QUANTIZE_TENSOR || (scaling->per == QUANTIZE_ROW && i + 1 == t->rank)
                   ? t->shape[i]
                   : 1;
  for (unsigned i = 0; i < 2 && i < t->rank && scaling->per == QUANTIZE_BLOCK; i++)
    block[t->rank - 1 - i] = scaling->block[1 - i];
}

/* Returns the name of a tensor's scales; NULL after an error: programs that look for "blocks.0.scale_weight" do so for
 * "blocks.0.weight" alone (ComfyUI: comfy/utils.py, convert_old_quants). */
static const char *
scale_name (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const char *name)
{
  static const char weight[] = "weight";
  const char *dot = strrchr (name, '.');
  if (scaling->name != QUANTIZE_SCALE_WEIGHT)
    return fmtconv_ctx_printf (ctx, "%s_scale%s", name,
                               scaling->name == QUANTIZE_WEIGHT_SCALE_INV ? "_inv" : "");
  if (dot && strcmp (dot + 1, weight) == 0)
    return fmtconv_ctx_printf (ctx, "%.*sscale_%s", (int) (dot + 1 - name), name, weight);
  fmtconv_fail_at (
      ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .tensor = name, .hint = "leave it out with keep=GLOB, or give another scale-name" },
      "no reader knows scales called scale_weight of a tensor that is not called weight");
  return NULL;
}

void
quantize_put_scaled (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                     uint32_t dtype, fmtconv_model *out)
{
  uint64_t block[FMTCONV_MAX_RANK];
  const uint64_t one[] = { 1 };
  fmtconv_view *view =
      fmtconv_dtype_is_blocks (t->dtype) ? fmtconv_view_cast (t->view, FMTCONV_F32) : t->view;
  shared (scaling, t, block);
  fmtconv_view *scale = fmtconv_view_absmax (view, block, largest (dtype));
  fmtconv_view *quotient = fmtconv_view_watch (fmtconv_view_divide (view, scale, block),
                                               FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_ERROR, NULL);
  fmtconv_model_put (out, t->name, fmtconv_view_cast (quotient, dtype));
  fmtconv_model_put (out, scale_name (ctx, scaling, t->name),
                     scaling->per == QUANTIZE_TENSOR ? fmtconv_view_reshape (scale, 1, one) : scale);
}

/* ComfyUI (comfy/model_detection.py) recognizes such a file by this tensor, which has the model's prefix, and the
 * type of the weights by its type.  Two elements mean that products are computed in the precision of the inputs,
 * which have no scales here. */
void
quantize_put_marker (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                     uint32_t dtype, fmtconv_model *out)
{
  static const char prefix[] = "model.diffusion_model.";
  const bool has_prefix = strncmp (t->name, prefix, sizeof prefix - 1) == 0;
  if (scaling->name == QUANTIZE_SCALE_WEIGHT)
    fmtconv_model_put (
        out, has_prefix ? fmtconv_ctx_printf (ctx, "%sscaled_fp8", prefix) : "scaled_fp8",
        fmtconv_view_constant (ctx, dtype, 1, (const uint64_t[]){ 2 }, (const uint8_t[]){ 0, 0 }));
}
