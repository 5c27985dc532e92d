/* plugins/map/map.c: the transform that applies the rules in a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

struct params
{
  fmtconv_input *rules;
  int reverse;
  const char *prefix;
  fmtconv_pairs let;
};

static const fmtconv_param params[] = {
  { "rules", FMTCONV_PARAM_INPUT, offsetof (struct params, rules), NULL,
    "the file of rules; see fmtconv-rules(5)" },
  { "reverse", FMTCONV_PARAM_BOOL, offsetof (struct params, reverse), "no", "apply the rules in reverse" },
  { "prefix", FMTCONV_PARAM_TEXT, offsetof (struct params, prefix), NULL,
    "the prefix that names get in reverse, one of those in the file; the first is the default" },
  { "let.*", FMTCONV_PARAM_PAIRS, offsetof (struct params, let), NULL,
    "let.NAME=VALUE: the value of a name that the file declares" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (!p->rules)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no file of rules given: map:rules=FILE");
  if (p->prefix && !p->reverse)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "prefix= is for reverse: forward, the prefix of the input is removed");
  const fmtconv_rules *read = fmtconv_rules_read (p->rules, &p->let);
  if (!read)
    return fmtconv_ctx_failed (ctx);
  fmtconv_rules rules = *read;
  rules.reverse_prefix = p->prefix;
  if (p->reverse)
    fmtconv_rules_reverse (&rules, in, out);
  else
    fmtconv_rules_apply (&rules, in, out);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (map, .name = "map", .summary = "renames, splits and fuses tensors by the rules in a file",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "rules=FILE",
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
