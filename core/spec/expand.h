/* core/spec/expand.h: replaces ${name} in the texts of a spec, and resolves relative paths.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_EXPAND_H
#define FCI_SPEC_EXPAND_H

#include "core/spec/spec.h"

/* Marks the variables in all texts below a node as used. Fails on unknown variables and malformed ${…}.
 * Returns 0 or an error code. */
int fci_expand_check (fci_pipeline *p, const fci_yaml *node);

/* Returns a text with its variables replaced. */
fci_expanded fci_expand (fci_pipeline *p, const fci_yaml *text);

/* Returns the path of a text, or the first existing path of a list. A relative path starts at the folder
 * of the spec, or at the folder of the variable it begins with.  Fails if it
 * leads out of there, bounds.h. */
fci_expanded fci_expand_path (fci_pipeline *p, const fci_yaml *node);

#endif
