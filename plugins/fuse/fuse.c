/* plugins/fuse/fuse.c: the transform that joins tensors of equal shapes to one.
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
    "pattern of the names to join, with a list of them: {x*}.to_{p:q\\,k\\,v}.{w}" },
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct params, to), NULL, "what they become: {x*}.qkv.{w}" },
  { "axis", FMTCONV_PARAM_INT, offsetof (struct params, axis), "0", "the axis along which they are joined" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (!p->from || !p->to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "say what to join, and what it is called then: fuse:from=…,to=…");
  if (p->axis < 0 || p->axis >= FMTCONV_MAX_RANK)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "axis=%lld: axes count from 0, the outermost, to 7",
                         (long long) p->axis);
  const fmtconv_rule rule[] = { { .from = p->from, .to = p->to, .axis = (unsigned) p->axis }, { 0 } };
  const fmtconv_rules rules = {
    .rules = rule, .complete = "", .unmatched = FMTCONV_UNMATCHED_KEEP, .source = "fuse"
  };
  fmtconv_rules_apply (&rules, in, out);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (fuse, .name = "fuse", .summary = "joins tensors of equal shapes to one",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .apply = apply));
