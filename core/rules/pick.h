/* core/rules/pick.h: the parts of a tensor that a rule picks, by numbers or by expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PICK_H
#define FCI_RULES_PICK_H

#include "core/rules/table.h"

/* Parses .pick and .groups. Expressions may use what has a value before any tensor is matched; those of rules with .groups
 * are not evaluated without a model. Returns false on a fault. */
bool fci_rule_pick_parse (fci_table *table, fci_rule *rule);

/* Checks that the rules that pick from one tensor, linked by next_pick, take each part once. Returns false on a fault. */
bool fci_rule_pick_check (fci_table *table, const fci_rule *leader);

#endif
