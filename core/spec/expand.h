/* core/spec/expand.h: replaces ${name} in the texts of a spec, and resolves relative paths.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_EXPAND_H
#define FCI_SPEC_EXPAND_H

#include "core/spec/spec.h"

/* Mark the variables in all texts below a node as used; unknown ones and malformed ${…} are errors. */
int fci_expand_check (fci_pipeline *p, const fci_yaml *node);

/* A text with its variables replaced. */
fci_expanded fci_expand (fci_pipeline *p, const fci_yaml *text);

/* The path that a text, or the first of a list that is there, stands for: relative to the folder of the spec, or
 * to that of the variable that it begins with.  text as above. */
fci_expanded fci_expand_path (fci_pipeline *p, const fci_yaml *node);

#endif
