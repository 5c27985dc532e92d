/* core/spec/outputs.h: converts a list under "write" to the outputs of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_OUTPUTS_H
#define FCI_SPEC_OUTPUTS_H

#include "core/spec/spec.h"

/* Converts the list of "write" to the outputs of the job. Returns 0 or an error code. */
int fci_spec_outputs (fci_pipeline *p, const fci_yaml *list);

#endif
