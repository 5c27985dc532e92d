/* core/view/ops.h: operations on elements: casts, scales, and what is counted when they round.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_OPS_H
#define FCI_VIEW_OPS_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Can elements of the type be scaled and added to? */
bool fci_is_floating (uint32_t dtype);

#endif
