/* example.c: a transform that multiplies all floating-point tensors by a number.
 * SPDX-License-Identifier: Apache-2.0
 *
 * fmtconv-plugin(3) explains every call.  'make check' runs fmtconv test-plugin.  Each tensor of the input is put, in any
 * form, or dropped with a reason; one that is neither is an error.
 */
#include <fmtconv/plugin.h>

struct example_params
{
  double by;
};

static const fmtconv_param example_params[] = {
  { "by", FMTCONV_PARAM_FLOAT, offsetof (struct example_params, by), "2", "the factor" },
  { NULL, FMTCONV_PARAM_BOOL, 0, NULL, NULL },
};

static int
apply_example (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  const struct example_params *p = (const struct example_params *) params;
  FMTCONV_FOREACH (t, in)
    {
      int is_float = fmtconv_dtype_is_float (t->dtype);
      fmtconv_model_put (out, t->name, is_float ? fmtconv_view_scale (t->view, p->by) : t->view);
    }
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (example, .name = "example", .summary = "multiplies tensors by a number",
                .transform = FMTCONV_TRANSFORM (.params = example_params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply_example, .main = "by=NUMBER"));
