/* core/rules/details.h: parses .pick, .shape and .ops of a rule.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_DETAILS_H
#define FCI_RULES_DETAILS_H

#include "core/rules/table.h"

/* Steps of fci_table_compile: parse the details of a rule; link rules that pick from the same tensor.
 * Return false on a fault. */
bool fci_rule_details (fci_table *table, fci_rule *rule);
bool fci_table_picks (fci_table *table);

/* Parses "12h,t" into a shape. Returns false on a fault. */
bool fci_rule_shape_parse (fci_table *table, unsigned rule, fci_text_span text, fci_rule_shape *shape);

#endif
