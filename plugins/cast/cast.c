/* plugins/cast/cast.c: the transform that changes the data type of floating-point tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

struct params
{
  uint32_t to;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_P_DTYPE, offsetof (struct params, to), NULL,
    "data type of all floating-point tensors: f32, f16, bf16, f64 or an 8-bit float" },
  { 0 },
};

static int
is_float (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F16:
    case FMTCONV_BF16:
    case FMTCONV_F32:
    case FMTCONV_F64:
    case FMTCONV_F8_E4M3:
    case FMTCONV_F8_E5M2:
    case FMTCONV_F8_E4M3FNUZ:
    case FMTCONV_F8_E5M2FNUZ:
      return 1;
    default:
      return 0;
    }
}

/* As torch's Module.to: whole numbers, booleans and complex tensors stay what they are. */
static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  size_t kept = 0;
  if (!p->to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "say what to cast to: cast:to=bf16");
  if (!is_float (p->to))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "to=%s is no floating-point type: only those make sense for weights",
                         fmtconv_dtype (p->to)->name);
  for
    FMTCONV_EACH (t, in)
    {
      kept += !is_float (t->dtype);
      fmtconv_put (out, t->name, is_float (t->dtype) ? fmtconv_cast (t->view, p->to) : t->view);
    }
  if (kept)
    fmtconv_note (ctx,
                  kept == 1 ? "%zu tensor that is not floating-point keeps its data type"
                            : "%zu tensors that are not floating-point keep their data type",
                  kept);
  return fmtconv_failed (ctx);
}

FMTCONV_PLUGIN (cast, .name = "cast", .summary = "changes the data type of floating-point tensors",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_TIED,
                                                .apply = apply));
