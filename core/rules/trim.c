/* core/rules/trim.c: the rule operations that cut padding off the end of an axis, or indices off its beginning.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/let.h"
#include "core/rules/trim.h"
#include <string.h>

enum
{
  MAX_SKIPPED = 65536 /* zeros stand for them in reverse */
};

/* Computes how many indices are kept, or left out.  Without a model, and if the size is null, all are kept. */
static bool
take_size (fci_table *table, fci_rule_op *op, const char *text)
{
  fci_expr_value value = { 0 };
  const bool skips = op->kind == FCI_RULE_SKIP;
  op->n_kept = UINT64_MAX;
  if (!table->env)
    return true;
  const bool is_known = fci_expr_eval (table->env, op->size, &value) == FCI_EXPR_KNOWN;
  const int64_t least = skips ? 0 : 1, most = skips ? MAX_SKIPPED : INT64_MAX;
  if (is_known && value.type == FCI_VALUE_NULL)
    return true;
  if (is_known && value.type == FCI_VALUE_NUMBER && value.number >= least && value.number <= most)
    {
      if (skips)
        op->n_skipped = (uint64_t) value.number;
      else
        op->n_kept = (uint64_t) value.number;
      return true;
    }
  fci_table_bad (table, 0, "%s: the size '%.80s' %s%s; give values with let.NAME=NUMBER",
                 skips ? "skip" : "trim", text,
                 !is_known ? "is not known: "
                 : skips   ? "is not a number from 0 to 65536"
                           : "is not a number above 0",
                 is_known ? "" : table->env->reason);
  table->code = FMTCONV_E_MISSING;
  return false;
}

static bool
parse (fci_table *table, fci_rule_op *op, const char *s)
{
  const char *colon = s + 1;
  if (*s < '0' || *s >= '0' + FMTCONV_MAX_RANK || *colon != ':')
    return false;
  op->axis = (unsigned) (*s - '0');
  for (s = colon + 1; *s == ' ';)
    s++;
  const char *text = s, *end = s + strlen (s);
  if (fci_expr_parse (table->arena, &s, end, false, &op->size) || s != end
      || !fci_table_check_expr (table, op->size))
    return false;
  return take_size (table, op, text);
}

bool
fci_rule_trim_parse (fci_table *table, fci_rule_op *op, const char *s)
{
  op->kind = FCI_RULE_TRIM;
  return parse (table, op, s);
}

bool
fci_rule_skip_parse (fci_table *table, fci_rule_op *op, const char *s)
{
  op->kind = FCI_RULE_SKIP;
  return parse (table, op, s);
}

bool
fci_rule_trim_dims (const fci_rule_op *op, fci_tensor_dims *dims)
{
  if (op->kind == FCI_RULE_SKIP)
    {
      if (op->axis >= dims->rank || op->n_skipped >= dims->n[op->axis])
        return false;
      dims->n[op->axis] -= op->n_skipped;
      return true;
    }
  if (op->axis >= dims->rank || (op->n_kept != UINT64_MAX && op->n_kept > dims->n[op->axis]))
    return false;
  dims->n[op->axis] = op->n_kept == UINT64_MAX ? dims->n[op->axis] : op->n_kept;
  return true;
}
