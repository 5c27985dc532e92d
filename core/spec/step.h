/* core/spec/step.h: converts {NAME: {key: value}} of a spec to NAME:key=value of the command line.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_STEP_H
#define FCI_SPEC_STEP_H

#include "core/spec/spec.h"

/* Converts 'read' or 'write' of a spec or component. Returns 0 or an error code. */
int fci_spec_step (fci_pipeline *p, const fci_yaml *node, fci_role role, fci_link_text *out);

/* Converts 'transform' of a spec or component to n texts. Returns 0 or an error code. */
int fci_spec_transforms (fci_pipeline *p, const fci_yaml *node, const char *const **texts, size_t *n);

#endif
