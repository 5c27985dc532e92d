/* core/rules/order.h: the order of the output: nested loops over the captures that rules share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ORDER_H
#define FCI_RULES_ORDER_H

#include "core/rules/run.h"

/* Computes the order in which the rules put tensors. */
void fci_table_order (fci_table *table);

/* Sorts the items into that order. */
void fci_rule_run_sort (fci_rule_run *run);

#endif
