/* core/spec/outputs.h: converts a list under "write" to the outputs of a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_OUTPUTS_H
#define FCI_SPEC_OUTPUTS_H

#include "core/spec/spec.h"

/* ---- Several outputs (spec-outputs.c): write: as a list */
int fci_spec_outputs (fci_pipeline *p, const fci_yaml *list);

#endif
