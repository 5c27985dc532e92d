/* core/rules/range.c: lists of consecutive numbers, whose bounds are expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/rules/let.h"
#include "core/rules/range.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum
{
  MAX_BYTES_OF_NUMBER = 20
};

/* Parses and evaluates one bound. */
static bool
bound (fci_table *table, fci_text_span list, fci_text_span text, int64_t *out)
{
  const fci_expr *expr = NULL;
  const char *at = text.at, *end = text.at + text.len;
  const char *error = fci_expr_parse (table->arena, &at, end, false, &expr);
  if (error || at != end)
    return fci_table_bad (table, 0, ".lists '%.*s': %s", (int) list.len, list.at,
                          error ? error : "an unexpected character");
  if (!fci_table_check_expr (table, expr))
    return false;
  if (!table->env)
    return true;
  if (fci_expr_number (table->env, expr, out) == FCI_EXPR_KNOWN)
    return true;
  fci_table_bad (table, 0, "the numbers of the list '%.*s' are not known: %s", (int) list.len, list.at,
                 table->env->reason);
  table->code = FMTCONV_E_MISSING;
  return false;
}

/* Writes "first,…,last"; nothing if last is first - 1: the list is empty. */
static bool
write_numbers (fci_table *table, fci_text_span list, int64_t first, int64_t last, fci_text_span *out)
{
  if (first < 0 || last < first - 1 || last - first >= FCI_MAX_ALTERNATIVES)
    {
      fci_table_bad (table, 0,
                     "the list '%.*s' would be %" PRId64 "..%" PRId64
                     ": it may have up to %d numbers from 0 on",
                     (int) list.len, list.at, first, last, FCI_MAX_ALTERNATIVES);
      table->code = table->env ? FMTCONV_E_LIMIT : table->code; /* the numbers are those of the input */
      return false;
    }
  const size_t capacity = (size_t) (last - first + 2) * MAX_BYTES_OF_NUMBER;
  char *text = fci_table_alloc (table, capacity, 1);
  size_t n = 0;
  for (int64_t i = first; text && i <= last; i++)
    n += (size_t) snprintf (text + n, capacity - n, "%s%" PRId64, n ? "," : "", i);
  *out = (fci_text_span){ text, n };
  return text != NULL;
}

static bool
expand (fci_table *table, fci_text_span name, fci_text_span *alternatives)
{
  const char *dots = fci_os_find (alternatives->at, alternatives->len, "..", 2);
  const fci_text_span first = { alternatives->at, (size_t) (dots - alternatives->at) };
  const fci_text_span last = { dots + 2, alternatives->len - first.len - 2 };
  int64_t a = 0, b = 1;
  return bound (table, name, first, &a) && bound (table, name, last, &b)
         && write_numbers (table, name, a, b, alternatives);
}

bool
fci_table_ranges (fci_table *table)
{
  fci_rule_lists *lists = &table->lists;
  for (unsigned i = 0; i < lists->n; i++)
    if (lists->is_range[i] && !expand (table, lists->name[i], &lists->alternatives[i]))
      return false;
  return true;
}
