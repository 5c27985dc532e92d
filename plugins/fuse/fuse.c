/* plugins/fuse/fuse.c: the transform that joins tensors of equal shape into one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/rule.h"

static const fmtconv_param params[] = {
  { "from", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, from), NULL,
    "pattern of the names to join, with a list: {x*}.to_{p:q\\,k\\,v}.{w}" },
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, to), NULL,
    "pattern of the new name: {x*}.qkv.{w}" },
  { "axis", FMTCONV_PARAM_INT, offsetof (struct rule_params, axis), "0", "the axis along which to join" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  return rule_apply (ctx, params_, "fuse", "name the tensors to join and the result: fuse:from=…,to=…", in,
                     out);
}

FMTCONV_PLUGIN (fuse, .name = "fuse", .summary = "joins tensors of equal shape into one",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply));
