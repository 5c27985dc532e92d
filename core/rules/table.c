/* core/rules/table.c: errors, memory and patterns, shared by the files that compile a table.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/lists.h"
#include "core/rules/table.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An expression that could not be parsed for lack of memory says so in its reason only. */
bool
fci_table_bad (fci_table *table, unsigned rule, const char *format, ...)
{
  va_list ap;
  if (table->code)
    return false;
  table->code = table->arena->is_out ? FMTCONV_E_NOMEM : FMTCONV_E_INTERNAL;
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
  const fmtconv_rule *rule = table->bad_rule ? &table->declared->rules[table->bad_rule - 1] : NULL;
  if (!rule)
    return fmtconv_ctx_printf (ctx, "%s", table->bad);
  return fmtconv_ctx_printf (ctx, IN_RULE, table->bad_rule, rule->from, rule->to ? rule->to : "", table->bad);
}

int
fci_table_fail (const fci_table *table, fmtconv_ctx *ctx)
{
  int code = table->code == FMTCONV_E_INTERNAL && table->reverse ? FMTCONV_E_UNSUPPORTED : table->code;
  const char *what =
      table->reverse && table->code == FMTCONV_E_INTERNAL ? "these rules cannot be reversed: " : "";
  const char *source = table->declared->source;
  if (code == FMTCONV_E_NOMEM)
    return fmtconv_fail (ctx, code, "out of memory");
  /* Rules of a file have lines; those that a plugin makes from its parameters do not. */
  if (source && code == FMTCONV_E_INTERNAL)
    code = table->declared->rules->line ? FMTCONV_E_FORMAT : FMTCONV_E_USAGE;
  if (!table->bad_rule)
    return fmtconv_fail (ctx, code, "%s%s%srules: %s", source ? source : "", source ? ": " : "", what,
                         table->bad);
  const fmtconv_rule *rule = &table->declared->rules[table->bad_rule - 1];
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
fci_table_capture (const fci_table *table, fci_text_span name)
{
  for (unsigned i = 0; i < table->n_captures; i++)
    if (fci_text_span_equal (table->capture[i].name, name))
      return i;
  return FCI_RULE_NONE;
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
      if (token->capture != FCI_RULE_NONE)
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
  fci_token capacity[FCI_MAX_TOKENS];
  const char *error = fci_pattern_compile (out, capacity, text, &table->lists);
  if (error)
    return fci_table_bad (table, rule, "pattern '%.80s': %s", text, error);
  out->token = fci_table_alloc (table, out->n_tokens, sizeof *out->token);
  if (!out->token)
    return false;
  memcpy (out->token, capacity, out->n_tokens * sizeof *capacity);
  return number_captures (table, rule, out);
}
