/* plugins/quantise/scaled.c: 8-bit floats with scales: what shares a scale, and what the scales are called.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A scale is the largest absolute value of what shares it, divided by the largest number of the type; weights are
 * divided by it in 32-bit floats and rounded, and whoever reads them multiplies. */
#include "quantise.h"
#include <string.h>

enum
{
  MOST_DIGITS = 9 /* of a block's size */
};

/* Largest finite numbers (OCP 8-bit floating point, revision 1.0, table 1). */
static double
largest (uint32_t dtype)
{
  return dtype == FMTCONV_F8_E4M3 ? 448 : 57344;
}

bool
quantise_is_scaled (uint32_t dtype)
{
  return dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2;
}

/* A number above 0; *s moves behind it.  0: there is none. */
static uint64_t
take_number (const char **s)
{
  uint64_t n = 0;
  for (size_t i = 0; i < MOST_DIGITS && **s >= '0' && **s <= '9'; i++)
    n = 10 * n + (uint64_t) (*(*s)++ - '0');
  return n;
}

/* "128" or "128x64". */
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
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "block=%s is no size such as 128 or 128x128", text);
  return 0;
}

int
quantise_read_scaling (fmtconv_ctx *ctx, const struct quantise_params *p, struct quantise_scaling *scaling)
{
  *scaling = (struct quantise_scaling){ .per = p->scale, .name = p->scale_name };
  if (p->block && p->scale != QUANTISE_BLOCK)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "block=%s goes with scale=block", p->block);
  if (p->scale_name != QUANTISE_DEFAULT_NAME && p->scale == QUANTISE_NO_SCALE)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "scale-name= goes with scale=tensor, row or block");
  if (scaling->name == QUANTISE_DEFAULT_NAME)
    scaling->name = p->scale == QUANTISE_BLOCK ? QUANTISE_WEIGHT_SCALE_INV : QUANTISE_WEIGHT_SCALE;
  return read_block (ctx, p->block ? p->block : "128", scaling->block);
}

int
quantise_check_scaling (fmtconv_ctx *ctx, const struct quantise_plan *plan)
{
  uint32_t dtype = quantise_is_scaled (plan->to) ? plan->to : 0;
  for (size_t i = 0; i < plan->n_rules && !dtype; i++)
    dtype = quantise_is_scaled (plan->rules[i].dtype) ? plan->rules[i].dtype : 0;
  if (dtype && plan->scaling.per == QUANTISE_NO_SCALE)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_USAGE,
        &(fmtconv_where){ .hint = fmtconv_text (ctx, "-t cast:to=%s makes it without scales",
                                                fmtconv_dtype (dtype)->name) },
        "%s weights need scales: say scale=tensor, scale=row or scale=block", fmtconv_dtype (dtype)->name);
  if (!dtype && plan->scaling.per != QUANTISE_NO_SCALE)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "scale= is for f8_e4m3 and f8_e5m2; other types have their own");
  return 0;
}

/* How many elements along each axis share a scale. */
static void
shared (const struct quantise_scaling *scaling, const fmtconv_tensor *t, uint64_t *block)
{
  for (unsigned i = 0; i < t->rank; i++)
    block[i] = scaling->per == QUANTISE_TENSOR || (scaling->per == QUANTISE_ROW && i + 1 == t->rank)
                   ? t->shape[i]
                   : 1;
  for (unsigned i = 0; i < 2 && i < t->rank && scaling->per == QUANTISE_BLOCK; i++)
    block[t->rank - 1 - i] = scaling->block[1 - i];
}

/* "blocks.0.weight" and "scale_weight" to "blocks.0.scale_weight", and so on; what is not called weight gets the name
 * in the same way. */
static const char *
scale_name (fmtconv_ctx *ctx, const struct quantise_scaling *scaling, const char *name)
{
  const char *dot = strrchr (name, '.');
  const int stem = dot ? (int) (dot + 1 - name) : 0;
  if (scaling->name == QUANTISE_SCALE_WEIGHT)
    return fmtconv_text (ctx, "%.*sscale_%s", stem, name, name + stem);
  return fmtconv_text (ctx, "%s_scale%s", name, scaling->name == QUANTISE_WEIGHT_SCALE_INV ? "_inv" : "");
}

void
quantise_put_scaled (fmtconv_ctx *ctx, const struct quantise_scaling *scaling, const fmtconv_tensor *t,
                     uint32_t dtype, fmtconv_model *out)
{
  uint64_t block[FMTCONV_MAX_RANK];
  const uint64_t one[] = { 1 };
  fmtconv_view *view = quantise_is_blocks (t->dtype) ? fmtconv_cast (t->view, FMTCONV_F32) : t->view;
  shared (scaling, t, block);
  fmtconv_view *scale = fmtconv_absmax (view, block, largest (dtype));
  fmtconv_view *quotient =
      fmtconv_watch (fmtconv_divide (view, scale, block), FMTCONV_OVERFLOW, FMTCONV_ERROR, NULL);
  fmtconv_put (out, t->name, fmtconv_cast (quotient, dtype));
  fmtconv_put (out, scale_name (ctx, scaling, t->name),
               scaling->per == QUANTISE_TENSOR ? fmtconv_reshape (scale, 1, one) : scale);
}

/* ComfyUI (comfy/model_detection.py) knows such a file by this tensor, in front of whose name stands what is in front
 * of all others, and its weights' type by that of the tensor; with two elements, products are made in the precision of
 * the inputs, which have no scales here. */
void
quantise_put_marker (fmtconv_ctx *ctx, const struct quantise_scaling *scaling, const fmtconv_tensor *t,
                     uint32_t dtype, fmtconv_model *out)
{
  static const char prefix[] = "model.diffusion_model.";
  const bool has_prefix = strncmp (t->name, prefix, sizeof prefix - 1) == 0;
  if (scaling->name == QUANTISE_SCALE_WEIGHT)
    fmtconv_put (out, has_prefix ? fmtconv_text (ctx, "%sscaled_fp8", prefix) : "scaled_fp8",
                 fmtconv_constant (ctx, dtype, 1, (const uint64_t[]){ 2 }, (const uint8_t[]){ 0, 0 }));
}
