/* plugins/fuse/fuse.c: the transform that joins tensors of equal shapes to one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "plugins/common/rule.h"

static const fmtconv_param params[] = {
  { "from", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, from), NULL,
    "pattern of the names to join, with a list of them: {x*}.to_{p:q\\,k\\,v}.{w}" },
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct rule_params, to), NULL, "what they become: {x*}.qkv.{w}" },
  { "axis", FMTCONV_PARAM_INT, offsetof (struct rule_params, axis), "0",
    "the axis along which they are joined" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  return rule_apply (ctx, params_, "fuse", "say what to join, and what it is called then: fuse:from=…,to=…",
                     in, out);
}

FMTCONV_PLUGIN (fuse, .name = "fuse", .summary = "joins tensors of equal shapes to one",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply));
