/* plugins/split/split.c: the transform that cuts tensors into equal parts.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

struct params
{
  const char *from;
  const char *to;
  int64_t axis;
};

static const fmtconv_param params[] = {
  { "from", FMTCONV_PARAM_TEXT, offsetof (struct params, from), NULL,
    "pattern of the names to cut: {x*}.qkv.{w}" },
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct params, to), NULL,
    "their parts, with a list more: {x*}.to_{p:q\\,k\\,v}.{w}" },
  { "axis", FMTCONV_PARAM_INT, offsetof (struct params, axis), "0", "the axis that is cut" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (!p->from || !p->to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "say what to cut, and what its parts are called: split:from=…,to=…");
  if (p->axis < 0 || p->axis >= FMTCONV_MAX_RANK)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "axis=%lld: axes count from 0, the outermost, to 7",
                         (long long) p->axis);
  const fmtconv_rule rule[] = { { .from = p->from, .to = p->to, .axis = (unsigned) p->axis }, { 0 } };
  const fmtconv_rules rules = {
    .rules = rule, .complete = "", .unmatched = FMTCONV_UNMATCHED_KEEP, .source = "split"
  };
  fmtconv_rules_apply (&rules, in, out);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (split, .name = "split", .summary = "cuts tensors into equal parts",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply));
