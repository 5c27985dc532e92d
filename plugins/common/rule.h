/* plugins/common/rule.h: transforms that apply one rule, given as parameters: split, fuse.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RULE_H
#define RULE_H

#include <fmtconv/plugin.h>

/* The parameters from=, to= and axis=. */
struct rule_params
{
  const char *from;
  const char *to;
  int64_t axis;
};

/* Applies the rule; tensors that it does not match are kept.  name: the transform's; missing: the error's text
 * if from= or to= is not given.  Returns 0 or an error code. */
int rule_apply (fmtconv_ctx *ctx, const struct rule_params *p, const char *name, const char *missing,
                const fmtconv_model *in, fmtconv_model *out);

#endif
