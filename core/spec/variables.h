/* core/spec/variables.h: the variables of a spec: declared, set, missing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_VARIABLES_H
#define FCI_SPEC_VARIABLES_H

#include "core/spec/spec.h"

int fci_variables_declare (fci_pipeline *p);

/* Mark those that the spec uses: all it declares, but with is_input only what makes the model needs; unknown ones
 * and malformed ${…} are errors. */
int fci_variables_check (fci_pipeline *p);

/* After the check, give one that the spec declares its value; base: as of fci_variable. */
int fci_variables_give (fci_pipeline *p, const char *name, const char *value, const char *base);

/* The same for ${input} or ${output}; value NULL: none. */
void fci_variables_give_path (fci_pipeline *p, size_t which, const char *value, const char *base);

/* After all are given: complain of what is missing and of what nobody needs; the others have their defaults. */
int fci_variables_resolve (fci_pipeline *p);

/* "-D vae=VALUE", or whatever gives the variable its value. */
const char *fci_variable_option (const fci_pipeline *p, const fci_variable *v);

/* Say once what was left out, and how to have it. */
void fci_variables_note_absent (fci_pipeline *p);

#endif
