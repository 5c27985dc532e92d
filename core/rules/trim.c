/* core/rules/trim.c: the rule operation that cuts padding off the end of an axis.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/let.h"
#include "core/rules/trim.h"
#include <string.h>

/* Computes how many indices are kept.  Without a model, and if the size is null, all are. */
static bool
take_size (fci_table *table, fci_rule_op *op, const char *text)
{
  fci_expr_value value = { 0 };
  op->n_kept = UINT64_MAX;
  if (!table->env)
    return true;
  const bool is_known = fci_expr_eval (table->env, op->size, &value) == FCI_EXPR_KNOWN;
  if (is_known && value.type == FCI_VALUE_NULL)
    return true;
  if (is_known && value.type == FCI_VALUE_NUMBER && value.number > 0)
    {
      op->n_kept = (uint64_t) value.number;
      return true;
    }
  fci_table_bad (table, 0, "trim: the size '%.80s' %s%s; give values with let.NAME=NUMBER", text,
                 is_known ? "is not a number above 0" : "is not known: ", is_known ? "" : table->env->reason);
  table->code = FMTCONV_E_MISSING;
  return false;
}

bool
fci_rule_trim_parse (fci_table *table, fci_rule_op *op, const char *s)
{
  const char *colon = s + 1;
  op->kind = FCI_RULE_TRIM;
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
fci_rule_trim_dims (const fci_rule_op *op, fci_tensor_dims *dims)
{
  if (op->axis >= dims->rank || (op->n_kept != UINT64_MAX && op->n_kept > dims->n[op->axis]))
    return false;
  dims->n[op->axis] = op->n_kept == UINT64_MAX ? dims->n[op->axis] : op->n_kept;
  return true;
}
