/* core/rules/pick.c: the parts of a tensor that a rule picks, by numbers or by expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/rules/let.h"
#include "core/rules/pick.h"
#include <inttypes.h>
#include <string.h>

enum
{
  MAX_LISTS = 8
};

/* Returns whether the parts follow from values of the model. */
static bool
is_computed (const fci_rule *rule)
{
  return rule->declared->groups != NULL;
}

static bool
bad_form (fci_table *table, const fci_rule *rule)
{
  return fci_table_bad (table, rule->number, ".pick is not of the form '0,2/4'");
}

/* Parses and evaluates a number. Without a model it is 1. */
static bool
number_of (fci_table *table, const fci_rule *rule, fci_text_span text, int64_t *out)
{
  const fci_expr *expr = NULL;
  const char *at = text.at, *end = text.at + text.len;
  const char *error = fci_expr_parse (table->arena, &at, end, false, &expr);
  *out = 1;
  if ((error || at != end) && !is_computed (rule))
    return bad_form (table, rule);
  if (error || at != end)
    return fci_table_bad (table, rule->number, ".pick: '%.*s': %s", (int) text.len, text.at,
                          error ? error : "an unexpected character");
  if (!fci_table_check_expr (table, expr))
    return false;
  if (expr->kind == FCI_EXPR_NUMBER)
    *out = expr->number;
  else if (!table->env && !is_computed (rule))
    return fci_table_bad (table, rule->number, ".pick: '%.*s' is not a number: it needs .groups",
                          (int) text.len, text.at);
  if (expr->kind == FCI_EXPR_NUMBER || !table->env
      || fci_expr_number (table->env, expr, out) == FCI_EXPR_KNOWN)
    return true;
  fci_table_bad (table, 0, "'%.*s' is not known: %s; give values with let.NAME=NUMBER", (int) text.len,
                 text.at, table->env->reason);
  table->code = FMTCONV_E_MISSING;
  return false;
}

/* Adds parts first..last. Returns false on a fault. */
static bool
add_parts (fci_table *table, fci_rule *rule, int64_t first, int64_t last)
{
  if (first < 0 || last < first || last >= rule->pick_of || last - first >= rule->pick_of - rule->n_pick)
    return fci_table_bad (table, rule->number, ".pick names a part out of range, or too many parts");
  for (int64_t n = first; n <= last; n++)
    rule->pick[rule->n_pick++] = (uint16_t) n;
  return true;
}

/* Parses "2" or "0..r-1". */
static bool
take_parts (fci_table *table, fci_rule *rule, fci_text_span text)
{
  const char *dots = fci_os_find (text.at, text.len, "..", 2);
  const fci_text_span first = { text.at, dots ? (size_t) (dots - text.at) : text.len };
  const fci_text_span last = dots ? (fci_text_span){ dots + 2, text.len - first.len - 2 } : first;
  int64_t a = 0, b = 0;
  if (!number_of (table, rule, first, &a) || !number_of (table, rule, last, &b))
    return false;
  return (!table->env && is_computed (rule)) || add_parts (table, rule, a, b);
}

/* Where each of the lists of a pick ends: "0,1;2/3" has two. */
typedef struct pick_lists
{
  unsigned end[MAX_LISTS];
  unsigned n;
} pick_lists;

/* Repeats the parts of each list in each of n equal groups: those of the first list in all groups, then those of the second. */
static bool
repeat (fci_table *table, fci_rule *rule, const pick_lists *lists, int64_t n)
{
  const unsigned of = rule->pick_of;
  uint16_t own[FCI_MAX_PARTS];
  unsigned first = 0, to = 0;
  if (n < 1 || n > FCI_MAX_PARTS / of)
    {
      fci_table_bad (table, rule->number, ".groups: %" PRId64 " groups of %u parts are not 1 to %d parts", n,
                     of, FCI_MAX_PARTS);
      table->code = table->env ? FMTCONV_E_LIMIT : table->code; /* the numbers are those of the input */
      return false;
    }
  memcpy (own, rule->pick, rule->n_pick * sizeof *own);
  for (unsigned l = 0; l < lists->n; first = lists->end[l++])
    for (unsigned g = 0; g < n; g++)
      for (unsigned i = first; i < lists->end[l]; i++)
        rule->pick[to++] = (uint16_t) (g * of + own[i]);
  rule->n_pick = to;
  rule->pick_of = of * (unsigned) n;
  return true;
}

/* Parses the number of parts, and of groups. */
static bool
take_totals (fci_table *table, fci_rule *rule, fci_text_span total, int64_t *groups)
{
  const char *text = rule->declared->groups;
  int64_t of = 0;
  *groups = 1;
  if (!number_of (table, rule, total, &of)
      || (text && !number_of (table, rule, FCI_TEXT_SPAN (text), groups)))
    return false;
  if ((of < 1 || of > FCI_MAX_PARTS) && !is_computed (rule))
    return bad_form (table, rule);
  if (of < 1 || of > FCI_MAX_PARTS)
    return fci_table_bad (table, rule->number, ".pick: %" PRId64 " is not a number of parts from 1 to %d", of,
                          FCI_MAX_PARTS);
  rule->pick_of = (unsigned) of;
  return true;
}

/* Parses the lists of parts, which only groups divide. */
static bool
take_lists (fci_table *table, fci_rule *rule, fci_text_span text, pick_lists *lists)
{
  const char *end = text.at + text.len;
  for (const char *s = text.at, *stop; s < end; s = stop + (stop < end))
    {
      for (stop = s; stop < end && *stop != ',' && *stop != ';';)
        stop++;
      const bool is_divided = stop < end && *stop == ';', is_end = stop == end || is_divided;
      if (stop == s || stop + 1 == end || (is_divided && !is_computed (rule))
          || (is_end && lists->n == MAX_LISTS))
        return bad_form (table, rule);
      if (!take_parts (table, rule, (fci_text_span){ s, (size_t) (stop - s) }))
        return false;
      if (is_end)
        lists->end[lists->n++] = rule->n_pick;
    }
  return true;
}

bool
fci_rule_pick_parse (fci_table *table, fci_rule *rule)
{
  const char *s = rule->declared->pick, *slash = s ? strchr (s, '/') : NULL;
  int64_t groups = 1;
  pick_lists lists = { .n = 0 };
  if (!s)
    return !rule->declared->groups || fci_table_bad (table, rule->number, ".groups needs .pick");
  if (!slash || slash == s || !slash[1])
    return bad_form (table, rule);
  rule->pick = fci_table_alloc (table, FCI_MAX_PARTS, sizeof *rule->pick);
  if (!rule->pick)
    return false;
  if (!take_totals (table, rule, FCI_TEXT_SPAN (slash + 1), &groups))
    return false;
  if (!take_lists (table, rule, (fci_text_span){ s, (size_t) (slash - s) }, &lists))
    return false;
  if (!table->env && is_computed (rule))
    return add_parts (table, rule, 0, 0);
  return repeat (table, rule, &lists, groups);
}

bool
fci_rule_pick_check (fci_table *table, const fci_rule *leader)
{
  unsigned used[FCI_MAX_PARTS] = { 0 }, n = 0;
  if (!table->env && is_computed (leader))
    return true;
  for (const fci_rule *rule = leader; rule; rule = rule->next_pick)
    {
      if (rule->pick_of != leader->pick_of || rule->declared->axis != leader->declared->axis)
        return fci_table_bad (table, rule->number, ".pick divides into other parts than rule %u",
                              leader->number);
      for (unsigned i = 0; i < rule->n_pick; i++, n++)
        if (used[rule->pick[i]]++)
          return fci_table_bad (table, rule->number, ".pick takes part %u again", rule->pick[i]);
    }
  return n == leader->pick_of
         || fci_table_bad (table, leader->number, ".pick: %u of %u parts are not used", leader->pick_of - n,
                           leader->pick_of);
}
