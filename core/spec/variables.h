/* core/spec/variables.h: the variables of a spec: declared, set, missing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_VARIABLES_H
#define FCI_SPEC_VARIABLES_H

#include "core/spec/spec.h"

int fci_variables_declare (fci_pipeline *p);

/* Marks the used variables; with is_input only those that the model needs. Fails on unused and unknown
 * variables and on malformed ${…}. Returns 0 or an error code. */
int fci_variables_check (fci_pipeline *p);

/* Sets a declared variable, after the check. base, owner: as in fci_variable. Returns 0 or an error
 * code. */
int fci_variables_give (fci_pipeline *p, const char *name, const char *value, const char *base,
                        fci_owner owner);

/* Sets ${input} or ${output}; value NULL: not given. */
void fci_variables_give_path (fci_pipeline *p, size_t which, const char *value, const char *base,
                              fci_owner owner);

/* Fails on missing and useless values, and sets the defaults. Returns 0 or an error code. */
int fci_variables_resolve (fci_pipeline *p);

/* Returns the option that sets the variable: "-D vae=VALUE". */
const char *fci_variable_option (const fci_pipeline *p, const fci_variable *v);

/* Notes the components and outputs that were left out, and the option that includes them. */
void fci_variables_note_absent (fci_pipeline *p);

#endif
