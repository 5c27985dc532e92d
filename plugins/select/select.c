/* plugins/select/select.c: the transform that keeps tensors by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>

struct params
{
  fmtconv_pairs name;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_PARAM_PAIRS, offsetof (struct params, name), NULL,
    "keep tensors whose names match this glob (* also crosses dots); may be repeated" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (fmtconv_globs_check (&p->name, in, "select:name=GLOB"))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    if (fmtconv_globs_match (&p->name, t->name))
      fmtconv_model_put (out, t->name, t->view);
    else
      fmtconv_model_drop (out, t, "not selected");
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (select, .name = "select", .summary = "keeps tensors by name and drops all others",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "name=GLOB",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
