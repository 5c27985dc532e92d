/* core/convert/inside.h: refuses an output that would lie inside the folder that is read.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_INSIDE_H
#define FCI_CONVERT_INSIDE_H

#include "core/convert/convert.h"

/* The output does not lie inside an input folder: E_OUTPUT otherwise. */
int fci_check_output_outside (fci_conversion *c);

#endif
