/* core/convert/output.h: is the output a file or a folder, and where does it lie?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_OUTPUT_H
#define FCI_CONVERT_OUTPUT_H

#include "core/convert/convert.h"

/* Is the output a file or a folder, and where?  After the writer is settled. */
int fci_output_resolve (fci_conversion *c);

/* The output's path as writers are detected by: with a '/' behind it if there is such a folder, unless the
 * name is one of a file: that must be a mistake. */
const char *fci_output_hint (fci_conversion *c);

/* An empty layout for the output.  NULL: an error. */
fmtconv_layout *fci_output_layout (const fci_conversion *c);

#endif
