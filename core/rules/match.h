/* core/rules/match.h: finds prefix, family of rules and captures for every tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_MATCH_H
#define FCI_RULES_MATCH_H

#include "core/rules/run.h"

/* Chooses the prefix, and finds the family and site of every tensor. */
void fci_rule_run_match (fci_rule_run *run);

/* Returns whether `capture` must be dense and is nearly so, so that the missing values can be listed. */
bool fci_rule_run_dense (const fci_rule_run *run, const fci_capture *capture);

/* Returns whether the i-th tensor lacks the prefix, without which tensors are not those of the table. */
bool fci_rule_run_is_outside (const fci_rule_run *run, size_t i);

/* Computes the sums of patterns, once the values of all numbers are known. */
void fci_rule_close_sums (fci_table *table);

#endif
