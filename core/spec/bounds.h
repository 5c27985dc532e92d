/* core/spec/bounds.h: which paths the text of a spec may name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_BOUNDS_H
#define FCI_SPEC_BOUNDS_H

#include "core/spec/spec.h"

/* Checks an expanded path that is not joined with its base yet.  What the user typed may lead anywhere; what the spec
 * adds to it, or says alone, must stay in the folder that the user typed or in the folder of the spec, also through links.
 * Allows everything with FMTCONV_ALLOW_PATHS.  Returns 0 or an error code. */
int fci_bounds_check (const fci_pipeline *p, const fci_yaml *node, const fci_expanded *path);

#endif
