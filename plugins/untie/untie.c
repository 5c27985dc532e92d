/* plugins/untie/untie.c: the transform that writes tied tensors as separate tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

static int
apply (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  size_t tied = 0;
  (void) params;
  FMTCONV_FOREACH (t, in)
    {
      tied += fmtconv_model_tied (in, t) != NULL;
      fmtconv_model_put (out, t->name, t->view);
    }
  fmtconv_model_untie (out);
  if (!tied)
    return fmtconv_note (ctx, "no tensor is tied");
  return fmtconv_note (
      ctx, tied == 1 ? "%zu tied tensor is written separately" : "%zu tied tensors are written separately",
      tied);
}

FMTCONV_PLUGIN (untie, .name = "untie", .summary = "writes tied tensors as separate tensors",
                .transform = FMTCONV_TRANSFORM (.understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
