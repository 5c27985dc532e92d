/* core/rules/complete.h: what the rules require and the model lacks, and what no rule takes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_COMPLETE_H
#define FCI_RULES_COMPLETE_H

#include "core/rules/run.h"

/* Find what is missing, and what nobody took. */
void fci_rule_run_complete (fci_rule_run *run);
void fci_rule_run_unmatched (fci_rule_run *run);

/* The name that a pattern prints, with the prefix before it if `prefixed`, in the run's memory. */
const char *fci_rule_run_name (fci_rule_run *run, const fci_pattern *pattern, bool prefixed,
                               const fci_value *bound, uint64_t known);

#endif
