/* core/rules/range.h: lists of consecutive numbers, whose bounds are expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_RANGE_H
#define FCI_RULES_RANGE_H

#include "core/rules/table.h"

/* Replaces each list of the form "0..n-1" by its numbers. Bounds may use what has a value before any tensor is matched:
 * numbers, config() and gguf(). Without a model every such list has two numbers. Returns false on a fault. */
bool fci_table_ranges (fci_table *table);

#endif
