/* core/spec/open.h: parses the file of a spec, and checks its version and variables.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_OPEN_H
#define FCI_SPEC_OPEN_H

#include "core/spec/spec.h"

/* Reads and parses the file, and declares its variables; does not check the rest. Returns 0 or an error
 * code. */
int fci_spec_open (fci_pipeline *p, fmtconv_input *file);

#endif
