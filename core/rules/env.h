/* core/rules/env.h: the values of names and functions of expressions in a run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ENV_H
#define FCI_RULES_ENV_H

#include "core/rules/run.h"

/* Returns the environment of a run. */
fci_expr_env fci_rule_run_env (fci_rule_run *run);

/* Evaluates a number. Returns false if it has none; run->reason says why. */
bool fci_rule_run_number (fci_rule_run *run, const fci_expr *expr, int64_t *out);

/* The same, but tells an expression whose names have no values yet (FCI_EXPR_OPEN) from one that has none. */
fci_expr_state fci_rule_run_try_number (fci_rule_run *run, const fci_expr *expr, int64_t *out);

/* Returns whether a condition that needs no tensor does not hold: what config.json says tells models of equal names apart. */
bool fci_rule_run_refuses (fci_rule_run *run);

/* Reports the conditions and checks that do not hold, as far as they need no more of the model than is known. */
void fci_rule_run_deny (fci_rule_run *run);

/* Checks the conditions of the table, with all variables bound; each that does not hold is a problem. */
void fci_rule_run_conditions (fci_rule_run *run);

#endif
