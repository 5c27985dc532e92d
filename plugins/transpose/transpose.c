/* plugins/transpose/transpose.c: the transform that permutes the axes of tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>
#include <string.h>

struct params
{
  fmtconv_pairs name;
  const char *axes;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_PARAM_PAIRS, offsetof (struct params, name), NULL,
    "transpose tensors whose names match this glob; may be repeated" },
  { "axes", FMTCONV_PARAM_TEXT, offsetof (struct params, axes), "10",
    "one digit per axis (021): digit i names the tensor's axis that becomes axis i" },
  { 0 },
};

/* Parses axes such as "021" into numbers; each axis must occur once. */
static int
parse_axes (fmtconv_ctx *ctx, const char *text, unsigned *axes)
{
  size_t n = strlen (text);
  unsigned seen = 0;
  for (size_t i = 0; i < n && n <= FMTCONV_MAX_RANK; i++)
    {
      axes[i] = (unsigned) (text[i] - '0');
      seen |= axes[i] < n ? 1u << axes[i] : 0;
    }
  if (n >= 1 && n <= FMTCONV_MAX_RANK && seen == (1u << n) - 1)
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "axes=%s must name each axis once, counted from 0, as in 021",
                       text);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  unsigned axes[FMTCONV_MAX_RANK];
  if (fmtconv_globs_check (&p->name, in, "transpose:name=GLOB") || parse_axes (ctx, p->axes, axes))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    {
      int wanted = fmtconv_globs_match (&p->name, t->name);
      if (wanted && t->rank != strlen (p->axes))
        return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .tensor = t->name },
                                "the tensor has %u axes, but axes=%s names %zu", t->rank, p->axes,
                                strlen (p->axes));
      fmtconv_model_put (out, t->name, wanted ? fmtconv_view_permute (t->view, axes) : t->view);
    }
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (transpose, .name = "transpose", .summary = "permutes the axes of tensors",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "name=GLOB",
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
