/* core/rules/text.c: a table of rules as YAML text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/rules/text.h"
#include <string.h>

/* Returns a quoted string: JSON strings are valid YAML in double quotes. */
static const char *
quoted (fmtconv_ctx *ctx, const char *text)
{
  fmtconv_attr *object = fmtconv_attr_object (ctx);
  fmtconv_attr_set_string (object, "x", text);
  return fmtconv_attr_json_text (fmtconv_attr_get (object, "x"), 0);
}

/* Returns text followed by ", KEY: VALUE" if there is a value. */
static const char *
add (fmtconv_ctx *ctx, const char *text, const char *key, const char *value)
{
  if (!value || !text)
    return text;
  const char *v = quoted (ctx, value);
  return v ? fmtconv_ctx_printf (ctx, "%s, %s: %s", text, key, v) : NULL;
}

static const char *
rule_text (fmtconv_ctx *ctx, const fmtconv_rule *rule)
{
  const char *first = quoted (ctx, rule->make ? rule->make : rule->from);
  const char *text =
      first ? fmtconv_ctx_printf (ctx, "  - {%s: %s", rule->make ? "make" : "from", first) : NULL;
  text = add (ctx, text, "dtype", rule->dtype);
  text = add (ctx, text, "when", rule->when);
  text = add (ctx, text, "to", rule->to);
  text = add (ctx, text, "shape", rule->shape);
  text = add (ctx, text, "parts", rule->parts);
  text = add (ctx, text, "pick", rule->pick);
  text = add (ctx, text, "groups", rule->groups);
  text = add (ctx, text, "copies", rule->copies);
  text = add (ctx, text, "ops", rule->ops);
  text = add (ctx, text, "why", rule->why);
  if (text && rule->axis)
    text = fmtconv_ctx_printf (ctx, "%s, axis: %u", text, rule->axis);
  if (text && (rule->flags & FMTCONV_RULE_OPTIONAL))
    text = fmtconv_ctx_printf (ctx, "%s, optional: yes", text);
  if (text && (rule->flags & FMTCONV_RULE_ALL_OR_NONE))
    text = fmtconv_ctx_printf (ctx, "%s, optional: all", text);
  return text ? fmtconv_ctx_printf (ctx, "%s}\n", text) : NULL;
}

/* Returns text followed by a line "KEY: VALUE" if there is a value. */
static const char *
add_line (fmtconv_ctx *ctx, const char *text, const char *key, const char *value)
{
  const char *v = value ? quoted (ctx, value) : NULL;
  return v && text ? fmtconv_ctx_printf (ctx, "%s%s: %s\n", text, key, v) : text;
}

const char *
fci_rules_text (fmtconv_ctx *ctx, const fmtconv_rules *rules)
{
  const char *unmatched = !rules->unmatched ? NULL : *rules->unmatched ? rules->unmatched : "keep";
  const char *text = "fmtconv-rules: 1\n";
  text = add_line (ctx, text, "prefix", rules->prefix);
  text = add_line (ctx, text, "lists", rules->lists);
  text = add_line (ctx, text, "complete", rules->complete);
  text = add_line (ctx, text, "let", rules->let);
  text = add_line (ctx, text, "when", rules->when);
  text = add_line (ctx, text, "check", rules->check);
  text = add_line (ctx, text, "unmatched", unmatched);
  if (rules->dense)
    text = fmtconv_ctx_printf (ctx, "%sdense: yes\n", text);
  text = fmtconv_ctx_printf (ctx, "%srules:\n", text ? text : "");
  for (const fmtconv_rule *rule = rules->rules; rule->from && text; rule++)
    {
      const char *line = rule_text (ctx, rule);
      text = line ? fmtconv_ctx_printf (ctx, "%s%s", text, line) : NULL;
    }
  return fmtconv_ctx_failed (ctx) ? NULL : text;
}
