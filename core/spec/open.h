/* core/spec/open.h: parses the file of a spec, and checks its version and variables.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_OPEN_H
#define FCI_SPEC_OPEN_H

#include "core/spec/spec.h"

/* Read and parse the file, and declare its variables; what it says of the rest is not looked at. */
int fci_spec_open (fci_pipeline *p, fmtconv_input *file);

#endif
