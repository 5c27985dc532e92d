/* core/spec/parts.h: converts the components of a spec to the parts of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_PARTS_H
#define FCI_SPEC_PARTS_H

#include "core/spec/spec.h"

/* ---- Components (spec-parts.c) */
int fci_spec_parts (fci_pipeline *p, const fci_yaml *components);

/* What is called so is left out, because this variable has no value. */
void fci_spec_leave_out (const fci_pipeline *p, fci_variable *absent, const char *name);

#endif
