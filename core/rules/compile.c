/* core/rules/compile.c: compiles a table of rules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/attributes.h"
#include "core/rules/compile.h"
#include "core/rules/constant.h"
#include "core/rules/details.h"
#include "core/rules/let.h"
#include "core/rules/link.h"
#include "core/rules/lists.h"
#include "core/rules/order.h"
#include "core/rules/pattern-match.h"
#include "core/rules/range.h"
#include "core/rules/table.h"
#include <string.h>

/* Compiles the two sides of a rule; '=' repeats the other side's text.  A rule with an empty list or without its condition is
 * left out. */
static bool
compile_rule (fci_table *table, const fmtconv_rule *declared, unsigned number)
{
  fci_rule *rule = &table->rule[table->n_rules];
  bool anchored = *declared->from == '/';
  bool wanted = true;
  const char *from = declared->from + anchored, *to = declared->to;
  if (!to && !declared->why)
    return fci_table_bad (table, number, "a drop needs .why");
  if (to && strcmp (to, "=") == 0)
    to = from;
  if (!to && table->reverse)
    return true;
  *rule = (fci_rule){
    .declared = declared, .number = number, .anchored = anchored, .n_join = 1, .n_copies = 1, .n_split = 1
  };
  if (!fci_table_pattern (table, number, &rule->in, table->reverse ? to : from))
    return false;
  if (to && !fci_table_pattern (table, number, &rule->out, table->reverse ? from : to))
    return false;
  if (!fci_table_wants (table, declared, number, &wanted))
    return false;
  if (rule->in.is_void || rule->out.is_void || !wanted)
    return true;
  if (!fci_table_join (table, rule, !to))
    return false;
  if (!to)
    return true;
  table->n_rules++;
  return fci_table_link (table, rule) && fci_rule_details (table, rule);
}

static bool
compile_rules (fci_table *table)
{
  unsigned n = 0;
  while (table->declared->rules && table->declared->rules[n].from)
    n++;
  if (!n)
    return fci_table_bad (table, 0, "the table is empty");
  if (n > FCI_MAX_PATTERNS && !fci_table_many (table))
    return false;
  table->family = fci_table_alloc (table, n + FCI_MAX_COMPUTED, sizeof *table->family);
  table->rule = fci_table_alloc (table, n, sizeof *table->rule);
  table->pattern = fci_table_alloc (table, n < FCI_MAX_PATTERNS ? n + FCI_MAX_COMPUTED : FCI_MAX_PATTERNS,
                                    sizeof *table->pattern);
  if (!table->family || !table->rule || !table->pattern)
    return false;
  for (unsigned i = 0; i < n; i++)
    {
      const fmtconv_rule *declared = &table->declared->rules[i];
      if (!(declared->make ? fci_table_constant : compile_rule) (table, declared, i + 1))
        return false;
    }
  return fci_table_computed (table);
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

/* Makes the alternative that .reverse_prefix names the one that names get in reverse. */
static bool
choose_prefix (fci_table *table)
{
  const char *wanted = table->declared->reverse_prefix, *rest = NULL;
  if (!wanted || !table->reverse)
    return true;
  for (unsigned i = 0; i < table->n_prefixes && !(rest && !*rest); i++)
    rest = fci_pattern_strip (&table->prefix[i], wanted);
  if (!rest || *rest)
    {
      fci_table_bad (table, 0, "'%s' is not one of the prefixes '%s'", wanted, table->declared->prefix);
      table->code = FMTCONV_E_USAGE;
      return false;
    }
  table->prefix[0] = (fci_pattern){ .text = wanted };
  return !*wanted || fci_table_pattern (table, 0, &table->prefix[0], wanted);
}

static bool
compile_prefixes (fci_table *table)
{
  const char *s = table->declared->prefix ? table->declared->prefix : "";
  for (;;)
    {
      size_t n = strcspn (s, "|");
      if (!compile_prefix (table, s, n))
        return false;
      if (!s[n])
        return choose_prefix (table);
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

static void
all_complete (fci_table *table)
{
  for (unsigned i = 0; i < table->n_captures; i++)
    table->capture[i].complete = is_number (table, i);
}

static bool
compile_complete (fci_table *table)
{
  const char *s = table->declared->complete ? table->declared->complete : "";
  if (table->declared->dense && !*s)
    return fci_table_bad (table, 0, ".dense needs .complete");
  for (s += strspn (s, " "); *s; s += strspn (s, " "))
    {
      const bool without = *s == '-';
      s += without;
      size_t n = strcspn (s, " ");
      if (n == 1 && *s == '*')
        {
          all_complete (table);
          s++;
          continue;
        }
      unsigned capture = fci_table_capture (table, (fci_text_span){ s, n });
      if (capture == FCI_RULE_NONE || !is_number (table, capture))
        return fci_table_bad (table, 0, ".complete names '%.*s', which is not a number capture", (int) n, s);
      table->capture[capture].complete = !without;
      s += n;
    }
  return true;
}

/* Checks that every '#c' is a number that some rule captures. */
static bool
check_counted (fci_table *table, unsigned number, const fci_pattern *pattern)
{
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    for (unsigned c = 0; c < pattern->token[t].n_counted; c++)
      {
        fci_text_span name = pattern->token[t].counted[c];
        unsigned capture = fci_table_capture (table, name);
        if (capture == FCI_RULE_NONE || !is_number (table, capture))
          return fci_table_bad (table, number, "'#%.*s' does not name a number capture", (int) name.len,
                                name.at);
      }
  return true;
}

int
fci_table_compile (fci_table *table, const fmtconv_rules *rules, bool reverse)
{
  table->declared = rules;
  table->reverse = reverse;
  table->capture = fci_table_alloc (table, FCI_MAX_CAPTURES, sizeof *table->capture);
  const char *error = fci_rule_lists_parse (&table->lists, rules->lists);
  if (error)
    fci_table_bad (table, 0, "%s", error);
  if (table->code || !fci_table_lets (table) || !fci_table_conditions (table) || !fci_table_ranges (table)
      || !compile_rules (table) || !fci_table_families (table) || !fci_table_picks (table)
      || !compile_prefixes (table) || !compile_complete (table) || !fci_table_index (table)
      || !fci_table_check_names (table) || !fci_table_attributes (table))
    return table->code;
  for (unsigned i = 0; i < table->n_rules; i++)
    if (!check_counted (table, table->rule[i].number, &table->rule[i].in)
        || !check_counted (table, table->rule[i].number, &table->rule[i].out))
      return table->code;
  fci_table_order (table);
  return 0;
}
