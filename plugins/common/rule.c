/* plugins/common/rule.c: applies one rule that is given as parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/rule.h"

int
rule_apply (fmtconv_ctx *ctx, const struct rule_params *p, const char *name, const char *missing,
            const fmtconv_model *in, fmtconv_model *out)
{
  if (!p->from || !p->to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s", missing);
  if (p->axis < 0 || p->axis >= FMTCONV_MAX_RANK)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "axis=%lld: axes count from 0, the outermost, to 7",
                         (long long) p->axis);
  const fmtconv_rule rule[] = { { .from = p->from, .to = p->to, .axis = (unsigned) p->axis }, { 0 } };
  const fmtconv_rules rules = {
    .rules = rule, .complete = "", .unmatched = FMTCONV_UNMATCHED_KEEP, .source = name
  };
  fmtconv_rules_apply (&rules, in, out);
  return fmtconv_ctx_failed (ctx);
}
