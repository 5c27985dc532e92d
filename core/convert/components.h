/* core/convert/components.h: refuses a folder of components for a writer of one model, and lists commands for each.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_COMPONENTS_H
#define FCI_CONVERT_COMPONENTS_H

#include "core/convert/convert.h"

/* Fails with a command for each component if the input is a folder of components and the writer stores one model.
 * Returns 0 or an error code. */
int fci_check_components (fci_conversion *c);

#endif
