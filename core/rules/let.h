/* core/rules/let.h: parses the values and conditions of a table, and checks the names that expressions use.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_LET_H
#define FCI_RULES_LET_H

#include "core/rules/table.h"

/* Steps of fci_table_compile: parse .let, before the rules; parse .when; check, after the rules, that every name of an
 * expression is a let, a shape variable or a count. Return false on a fault. */
bool fci_table_lets (fci_table *table);
bool fci_table_conditions (fci_table *table);
bool fci_table_check_names (fci_table *table);

/* Checks that every name of an expression is a let: one that is evaluated before there are shapes and counts. Returns
 * false on a fault. */
bool fci_table_check_expr (fci_table *table, const fci_expr *expr);

/* Checks an expression that is evaluated when all names have values: an attribute. Returns false on a fault. */
bool fci_table_check_result (fci_table *table, const fci_expr *expr);

/* Evaluates .when of a rule, before there are tensors: *wanted is whether the table has the rule.  Without a model, it has.
 * Returns false on a fault. */
bool fci_table_wants (fci_table *table, const fmtconv_rule *declared, unsigned number, bool *wanted);

/* Returns the let of that name, or NULL. */
fci_let *fci_table_let (fci_table *table, fci_text_span name);

#endif
