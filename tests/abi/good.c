/* tests/abi/good.c: a plugin that is built outside the tree; its name can be set by the build.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

#ifndef NAME
#define NAME "good"
#endif

static int
apply (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) params;
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, t->view);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (good, .name = NAME, .summary = "keeps everything",
                .transform = FMTCONV_TRANSFORM (.understands = FMTCONV_FEATURE_TIED, .apply = apply));
