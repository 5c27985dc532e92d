/* core/rules/complete.h: finds required tensors that the model lacks, and tensors that no rule takes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_COMPLETE_H
#define FCI_RULES_COMPLETE_H

#include "core/rules/run.h"

/* Find missing tensors, and tensors that no rule takes. */
void fci_rule_run_complete (fci_rule_run *run);
void fci_rule_run_unmatched (fci_rule_run *run);

/* Returns the name that a pattern prints, with the prefix if `prefixed`, in the run's memory. NULL: out of
 * memory. */
const char *fci_rule_run_name (fci_rule_run *run, const fci_pattern *pattern, bool prefixed,
                               const fci_value *bound, uint64_t known);

#endif
