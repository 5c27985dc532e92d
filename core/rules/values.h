/* core/rules/values.h: sets of the numbers that captures matched.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_VALUES_H
#define FCI_RULES_VALUES_H

#include "core/rules/table.h"

/* Change a set: add and merge return false if out of memory; close sorts it, after which more may be added
 * and the set closed again. */
bool fci_values_add (fci_arena *arena, fci_values *set, int64_t value);
bool fci_values_merge (fci_arena *arena, fci_values *set, const fci_values *from);
bool fci_values_close (fci_arena *arena, fci_values *set);
bool fci_values_has (const fci_values *set, int64_t value);

#endif
