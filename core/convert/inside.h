/* core/convert/inside.h: refuses an output inside the input folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_INSIDE_H
#define FCI_CONVERT_INSIDE_H

#include "core/convert/convert.h"

/* Fails with FMTCONV_E_OUTPUT if the output is inside an input folder. Returns 0 or an error code. */
int fci_check_output_outside (fci_conversion *c);

#endif
