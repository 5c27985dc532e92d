/* core/rules/link.h: links the rules of a table, and the two sides of each.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_LINK_H
#define FCI_RULES_LINK_H

#include "core/rules/table.h"

/* Steps of fci_table_compile: each returns false on a fault. */
bool fci_table_join (fci_table *table, fci_rule *rule, bool drop);
bool fci_table_link (fci_table *table, fci_rule *rule);
bool fci_table_families (fci_table *table);
bool fci_table_index (fci_table *table);

/* Prepares a table of more rules than it may have patterns: plain names are found in a map.  Returns false on a fault. */
bool fci_table_many (fci_table *table);

#endif
