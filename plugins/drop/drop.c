/* plugins/drop/drop.c: the transform that drops tensors by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>

struct params
{
  fmtconv_pairs name;
  const char *why;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_PARAM_PAIRS, offsetof (struct params, name), NULL,
    "drop tensors whose names match this glob (* also crosses dots); may be repeated" },
  { "why", FMTCONV_PARAM_TEXT, offsetof (struct params, why), "dropped by name",
    "the reason to show in the summary" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (fmtconv_globs_check (&p->name, in, "drop:name=GLOB"))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    if (fmtconv_globs_match (&p->name, t->name))
      fmtconv_model_drop (out, t, p->why);
    else
      fmtconv_model_put (out, t->name, t->view);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (drop, .name = "drop", .summary = "drops tensors by name",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "name=GLOB",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
