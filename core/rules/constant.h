/* core/rules/constant.h: rules without a source: tensors of constants, which the rules make, and in reverse leave out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_CONSTANT_H
#define FCI_RULES_CONSTANT_H

#include "core/rules/run.h"

enum
{
  FCI_MAX_COMPUTED = 8 /* tensors that a model file computes from the configuration */
};

/* Compiles a rule with .make. Returns false on a fault. */
bool fci_table_constant (fci_table *table, const fmtconv_rule *declared, unsigned number);

/* Lets the table drop, in reverse, the tensors that the output's configuration describes: those of the attribute "tensors".
 * Returns false on a fault. */
bool fci_table_computed (fci_table *table);

/* Reports, in reverse, the constants that the model lacks. */
void fci_rule_run_miss_constants (fci_rule_run *run);

/* Computes the shapes of the constants; in reverse, compares the tensors of the model with them. */
void fci_rule_run_constants (fci_rule_run *run);

/* Puts the constants into the output. */
void fci_rule_run_put_constants (fci_rule_run *run);

/* Returns, in reverse, a view that can be written only if the tensors that are left out are equal to the constants. */
fmtconv_view *fci_rule_run_require_constants (fci_rule_run *run, fmtconv_view *view);

#endif
