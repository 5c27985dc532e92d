/* plugins/split/split.c: the transform that cuts tensors into equal parts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/rule.h"

static const fmtconv_param params[] = {
  { "from", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, from), NULL,
    "pattern of the names to cut: {x*}.qkv.{w}" },
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, to), NULL,
    "pattern of the parts' names, with one more list: {x*}.to_{p:q\\,k\\,v}.{w}" },
  { "axis", FMTCONV_PARAM_INT, offsetof (struct rule_params, axis), "0", "the axis to cut" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  return rule_apply (ctx, params_, "split", "name the tensors to cut and their parts: split:from=…,to=…", in,
                     out);
}

FMTCONV_PLUGIN (split, .name = "split", .summary = "cuts tensors into equal parts",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply));
