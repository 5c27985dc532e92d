/* core/view/ops.h: operations on elements: casts, scales, and counts of rounding.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_OPS_H
#define FCI_VIEW_OPS_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Returns whether elements of the type can be scaled and added to. */
bool fci_is_floating (uint32_t dtype);

#endif
