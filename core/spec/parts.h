/* core/spec/parts.h: converts the components of a spec to the parts of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_PARTS_H
#define FCI_SPEC_PARTS_H

#include "core/spec/spec.h"

/* Converts the components to the parts of the job. Returns 0 or an error code. */
int fci_spec_parts (fci_pipeline *p, const fci_yaml *components);

/* Records that `name` is left out because the variable has no value. */
void fci_spec_leave_out (const fci_pipeline *p, fci_variable *absent, const char *name);

#endif
