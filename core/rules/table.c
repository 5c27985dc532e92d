/* core/rules/table.c: compiling a table of rules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/rules/table.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
fci_table_bad (fci_table *table, unsigned rule, const char *format, ...)
{
  va_list ap;
  if (table->code)
    return false;
  table->code = FMTCONV_E_INTERNAL;
  table->bad_rule = rule;
  va_start (ap, format);
  vsnprintf (table->bad, sizeof table->bad, format, ap);
  va_end (ap);
  return false;
}

#define IN_RULE "rule %u ('%s' to '%s'): %s"

const char *
fci_table_fault (const fci_table *table, fmtconv_ctx *ctx)
{
  const fmtconv_rule *rule = table->bad_rule ? &table->said->rules[table->bad_rule - 1] : NULL;
  if (!rule)
    return fmtconv_ctx_printf (ctx, "%s", table->bad);
  return fmtconv_ctx_printf (ctx, IN_RULE, table->bad_rule, rule->from, rule->to ? rule->to : "", table->bad);
}

int
fci_table_fail (const fci_table *table, fmtconv_ctx *ctx)
{
  int code = table->code == FMTCONV_E_INTERNAL && table->reverse ? FMTCONV_E_UNSUPPORTED : table->code;
  const char *what = table->reverse ? "these rules cannot be reversed: " : "";
  const char *source = table->said->source;
  if (code == FMTCONV_E_NOMEM)
    return fmtconv_fail (ctx, code, "out of memory");
  /* Rules of a file have lines; those that a plugin makes of its parameters have none. */
  if (source && code == FMTCONV_E_INTERNAL)
    code = table->said->rules->line ? FMTCONV_E_FORMAT : FMTCONV_E_USAGE;
  if (!table->bad_rule)
    return fmtconv_fail (ctx, code, "%s%s%srules: %s", source ? source : "", source ? ": " : "", what,
                         table->bad);
  const fmtconv_rule *rule = &table->said->rules[table->bad_rule - 1];
  if (source && rule->line)
    return fmtconv_fail (ctx, code, "%s:%u: %s'%s' to '%s': %s", source, rule->line, what, rule->from,
                         rule->to ? rule->to : "", table->bad);
  if (source)
    return fmtconv_fail (ctx, code, "%s: %s'%s' to '%s': %s", source, what, rule->from,
                         rule->to ? rule->to : "", table->bad);
  return fmtconv_fail (ctx, code, "%s" IN_RULE, what, table->bad_rule, rule->from, rule->to ? rule->to : "",
                       table->bad);
}

void *
fci_table_alloc (fci_table *table, size_t n, size_t size)
{
  void *p = n <= SIZE_MAX / size ? fci_arena_alloc (table->arena, n * size) : NULL;
  if (!p && !table->code)
    table->code = FMTCONV_E_NOMEM;
  return p;
}

unsigned
fci_table_capture (const fci_table *table, fci_span name)
{
  for (unsigned i = 0; i < table->n_captures; i++)
    if (fci_span_same (table->capture[i].name, name))
      return i;
  return FCI_NONE;
}

const fci_token *
fci_pattern_token (const fci_pattern *pattern, unsigned capture)
{
  for (unsigned i = 0; i < pattern->n_tokens; i++)
    if (pattern->token[i].kind > FCI_T_MAYBE && pattern->token[i].capture == capture)
      return &pattern->token[i];
  return NULL;
}

static bool
number_captures (fci_table *table, unsigned rule, fci_pattern *pattern)
{
  for (unsigned i = 0; i < pattern->n_tokens; i++)
    {
      fci_token *token = &pattern->token[i];
      if (token->kind <= FCI_T_MAYBE)
        continue;
      token->capture = fci_table_capture (table, token->name);
      if (token->capture != FCI_NONE)
        continue;
      if (table->n_captures == FCI_MAX_CAPTURES)
        return fci_table_bad (table, rule, "the table has too many captures");
      token->capture = table->n_captures;
      table->capture[table->n_captures++].name = token->name;
    }
  return true;
}

bool
fci_table_pattern (fci_table *table, unsigned rule, fci_pattern *out, const char *text)
{
  fci_token room[FCI_MAX_TOKENS];
  const char *error = fci_pattern_compile (out, room, text, &table->lists);
  if (error)
    return fci_table_bad (table, rule, "pattern '%.80s': %s", text, error);
  out->token = fci_table_alloc (table, out->n_tokens, sizeof *out->token);
  if (!out->token)
    return false;
  memcpy (out->token, room, out->n_tokens * sizeof *room);
  return number_captures (table, rule, out);
}

/* The two sides of a rule; '=' is the same text. */
static bool
compile_rule (fci_table *table, const fmtconv_rule *said, unsigned number)
{
  fci_rule *rule = &table->rule[table->n_rules];
  bool rooted = *said->from == '/';
  const char *from = said->from + rooted, *to = said->to;
  if (!to && !said->why)
    return fci_table_bad (table, number, "a drop needs .why");
  if (to && strcmp (to, "=") == 0)
    to = from;
  if (!to && table->reverse)
    return true;
  *rule = (fci_rule){ .said = said, .number = number, .rooted = rooted, .n_join = 1, .n_split = 1 };
  if (!fci_table_pattern (table, number, &rule->in, table->reverse ? to : from))
    return false;
  if (!fci_table_join (table, rule, !to))
    return false;
  if (!to)
    return true;
  table->n_rules++;
  return fci_table_pattern (table, number, &rule->out, table->reverse ? from : to)
         && fci_table_link (table, rule) && fci_rule_details (table, rule);
}

static bool
compile_rules (fci_table *table)
{
  unsigned n = 0;
  while (table->said->rules && table->said->rules[n].from)
    n++;
  if (!n)
    return fci_table_bad (table, 0, "there are none");
  table->family = fci_table_alloc (table, n, sizeof *table->family);
  table->rule = fci_table_alloc (table, n, sizeof *table->rule);
  if (!table->family || !table->rule)
    return false;
  for (unsigned i = 0; i < n; i++)
    if (!compile_rule (table, &table->said->rules[i], i + 1))
      return false;
  return true;
}

static bool
compile_prefix (fci_table *table, const char *at, size_t len)
{
  fci_pattern *prefix = &table->prefix[table->n_prefixes];
  char *text = fci_table_alloc (table, len + 1, 1);
  if (!text)
    return false;
  memcpy (text, at, len);
  *prefix = (fci_pattern){ .text = text };
  if (table->n_prefixes++ == FCI_MAX_PREFIXES - 1)
    return fci_table_bad (table, 0, ".prefix has too many alternatives");
  if (len && !fci_table_pattern (table, 0, prefix, text))
    return false;
  return !prefix->n_slots || fci_table_bad (table, 0, ".prefix has a capture");
}

static bool
compile_prefixes (fci_table *table)
{
  const char *s = table->said->prefix ? table->said->prefix : "";
  for (;;)
    {
      size_t n = strcspn (s, "|");
      if (!compile_prefix (table, s, n))
        return false;
      if (!s[n])
        return true;
      s += n + 1;
    }
}

static bool
is_number (const fci_table *table, unsigned capture)
{
  for (unsigned i = 0; i < table->n_families; i++)
    {
      const fci_token *token = fci_pattern_token (&table->family[i].in, capture);
      if (!table->family[i].why && token && token->kind == FCI_T_NUMBER)
        return true;
    }
  return false;
}

static bool
compile_complete (fci_table *table)
{
  const char *s = table->said->complete ? table->said->complete : "";
  if (table->said->dense && !*s)
    return fci_table_bad (table, 0, ".dense needs .complete");
  for (s += strspn (s, " "); *s; s += strspn (s, " "))
    {
      size_t n = strcspn (s, " ");
      unsigned capture = fci_table_capture (table, (fci_span){ s, n });
      if (capture == FCI_NONE || !is_number (table, capture))
        return fci_table_bad (table, 0, ".complete names '%.*s', which is no number capture", (int) n, s);
      table->capture[capture].complete = true;
      s += n;
    }
  return true;
}

/* Every '#c' must be a number that some rule captures. */
static bool
check_counted (fci_table *table, unsigned number, const fci_pattern *pattern)
{
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    for (unsigned c = 0; c < pattern->token[t].n_counted; c++)
      {
        fci_span name = pattern->token[t].counted[c];
        unsigned capture = fci_table_capture (table, name);
        if (capture == FCI_NONE || !is_number (table, capture))
          return fci_table_bad (table, number, "'#%.*s' counts no number capture", (int) name.len, name.at);
      }
  return true;
}

int
fci_table_compile (fci_table *table, const fmtconv_rules *rules, bool reverse)
{
  table->said = rules;
  table->reverse = reverse;
  table->capture = fci_table_alloc (table, FCI_MAX_CAPTURES, sizeof *table->capture);
  const char *error = fci_lists_parse (&table->lists, rules->lists);
  if (error)
    fci_table_bad (table, 0, "%s", error);
  if (table->code || !compile_rules (table) || !fci_table_families (table) || !fci_table_picks (table)
      || !compile_prefixes (table) || !compile_complete (table) || !fci_table_index (table))
    return table->code;
  for (unsigned i = 0; i < table->n_rules; i++)
    if (!check_counted (table, table->rule[i].number, &table->rule[i].in)
        || !check_counted (table, table->rule[i].number, &table->rule[i].out))
      return table->code;
  fci_table_order (table);
  return 0;
}
