/* core/rules/index.h: memory and hash tables of a run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_INDEX_H
#define FCI_RULES_INDEX_H

#include "core/rules/run.h"

/* Returns n zeroed objects that belong to the run; NULL: out of memory, recorded in run->code. */
void *fci_rule_run_alloc (fci_rule_run *run, size_t n, size_t size);

/* Returns the number with that hash for which `same (arg, id)` holds, or FCI_RULE_NONE. */
uint32_t fci_rule_index_find (const fci_rule_index *index, uint64_t hash,
                              bool (*same) (const void *arg, uint32_t id), const void *arg);

/* Adds a number to a table, which is zeroed while it is empty, and grows. */
void fci_rule_index_add (fci_rule_run *run, fci_rule_index *index, uint64_t hash, uint32_t id);

#endif
