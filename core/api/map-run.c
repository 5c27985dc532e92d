/* core/api/map-run.c: runs rules on a model that is not written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/map.h"
#include "core/model/freeze.h"
#include "core/model/new.h"

const fmtconv_model *
fci_map_run (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_model *in, bool reverse)
{
  fmtconv_model *out = fci_model_new (ctx, in);
  if (reverse)
    fmtconv_rules_reverse (rules, in, out);
  else
    fmtconv_rules_apply (rules, in, out);
  return out && fci_model_freeze (out, "map") == 0 ? out : NULL;
}
