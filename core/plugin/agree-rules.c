/* core/plugin/agree-rules.c: compares the rules of recognition of an index with those of a module.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plugin/agree-rules.h"
#include <stdbool.h>
#include <string.h>

/* Returns whether the texts are the same; NULL is "". */
static bool
same (const char *a, const char *b)
{
  return strcmp (a ? a : "", b ? b : "") == 0;
}

static const char *
differs (fmtconv_ctx *ctx, const char *what, const char *known, const char *own)
{
  return fmtconv_ctx_printf (ctx, "%s is '%s' in the index, and '%s' in the module", what, known ? known : "",
                             own ? own : "");
}

/* Returns whether the rule is the first that takes these names. */
static bool
is_first (const fmtconv_rules *rules, const fmtconv_rule *rule)
{
  for (const fmtconv_rule *r = rules->rules; r < rule; r++)
    if (same (r->from, rule->from))
      return false;
  return true;
}

/* Returns how the rules take the names of `rule`: as the keys of an index say it. */
static const char *
use_of (const fmtconv_rules *rules, const fmtconv_rule *rule)
{
  if (!rule->to)
    return "ignored";
  if (rule->flags & FMTCONV_RULE_ALL_OR_NONE)
    return "together";
  for (const fmtconv_rule *r = rules->rules; r->from; r++)
    if (same (r->from, rule->from) && !(r->flags & FMTCONV_RULE_OPTIONAL))
      return "required";
  return "optional";
}

/* Compares an element of `tensors` with the rule that takes these names. */
static const char *
compare_rule (fmtconv_ctx *ctx, const fmtconv_rules *known, const fmtconv_rule *entry,
              const fmtconv_rules *own, const fmtconv_rule *rule)
{
  if (!entry->from || !same (entry->from, rule->from))
    return differs (ctx, "an element of tensors", entry->from, rule->from);
  const char *a = use_of (known, entry), *b = use_of (own, rule);
  if (!same (a, b))
    return differs (ctx, fmtconv_ctx_printf (ctx, "the element '%s' of tensors", rule->from), a, b);
  /* Conditions can depend on shapes. */
  if ((own->let || own->when) && !same (entry->shape, rule->shape))
    return differs (ctx, fmtconv_ctx_printf (ctx, "the shape of the element '%s' of tensors", rule->from),
                    entry->shape, rule->shape);
  return NULL;
}

static const char *
compare_tables (fmtconv_ctx *ctx, const fmtconv_rules *known, const fmtconv_rules *own)
{
  const fmtconv_rule *entry = known->rules;
  for (const fmtconv_rule *r = own->rules; r->from; r++)
    {
      if (!is_first (own, r))
        continue;
      const char *text = compare_rule (ctx, known, entry, own, r);
      if (text)
        return text;
      entry++;
    }
  return entry->from ? differs (ctx, "an element of tensors", entry->from, NULL) : NULL;
}

const char *
fci_rules_disagree (fmtconv_ctx *ctx, const fmtconv_rules *known, const fmtconv_rules *own)
{
  if (!known || !own)
    return NULL;
  const struct
  {
    const char *what;
    const char *known;
    const char *own;
  } pairs[] = {
    { "prefix", known->prefix, own->prefix },
    { "lists", known->lists, own->lists },
    { "sides", known->sides, own->sides },
    { "let", known->let, own->let },
    { "when", known->when, own->when },
    { "dense", known->dense ? "yes" : NULL, own->dense ? "yes" : NULL },
    { "unmatched", known->unmatched ? "ignore" : "error", own->unmatched ? "ignore" : "error" },
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (!same (pairs[i].known, pairs[i].own))
      return differs (ctx, pairs[i].what, pairs[i].known, pairs[i].own);
  if (!known->complete != !own->complete
      || !same (known->complete, own->complete)) /* "" is a condition, too */
    return differs (ctx, "complete", known->complete, own->complete);
  return compare_tables (ctx, known, own);
}
