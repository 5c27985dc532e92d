/* core/rules/trim.h: the rule operations that cut padding off the end of an axis, or indices off its beginning.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TRIM_H
#define FCI_RULES_TRIM_H

#include "core/rules/table.h"

/* Parses "AXIS: EXPRESSION", which may use what has a value before any tensor is matched. Returns false for other text, or
 * without memory. An expression that is null cuts nothing. */
bool fci_rule_trim_parse (fci_table *table, fci_rule_op *op, const char *s);

/* Parses the same of the other operation, which cuts off as many first indices as the expression says. */
bool fci_rule_skip_parse (fci_table *table, fci_rule_op *op, const char *s);

/* Changes the shape of a tensor to that after one of the operations. Returns false if the axis is shorter. */
bool fci_rule_trim_dims (const fci_rule_op *op, fci_tensor_dims *dims);

#endif
