/* core/rules/parts.h: parts of unequal size that a rule cuts or fuses.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PARTS_H
#define FCI_RULES_PARTS_H

#include "core/rules/run.h"

/* Parses .parts. Returns false on a fault. */
bool fci_rule_parts_parse (fci_table *table, fci_rule *rule);

/* Computes the sizes of the parts of a rule with .parts and their sum, with all variables bound. Returns false if one
 * has no value, or is not positive; run->reason says why. */
bool fci_rule_parts_sizes (fci_rule_run *run, const fci_rule *rule, uint64_t size[FCI_MAX_PARTS],
                           uint64_t *sum);

#endif
