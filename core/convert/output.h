/* core/convert/output.h: determines whether the output is a file or a folder, and its parent folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_OUTPUT_H
#define FCI_CONVERT_OUTPUT_H

#include "core/convert/convert.h"

/* Determines whether the output is a file or a folder, and its parent folder. Needs the resolved writer.
 * Returns 0 or an error code. */
int fci_output_resolve (fci_conversion *c);

/* Returns the output's path for the detection of the writer: with a trailing '/' if it is an existing
 * folder, unless its suffix is that of a file, which is probably a mistake. */
const char *fci_output_hint (fci_conversion *c);

/* Returns an empty layout for the output, or NULL on error. */
fmtconv_layout *fci_output_layout (const fci_conversion *c);

#endif
