/* core/view/absmax.h: the largest absolute values of a view's blocks, which the executor measures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_ABSMAX_H
#define FCI_VIEW_ABSMAX_H

#include "core/view/view.h"

/* Returns the number of blocks of a measured view, in total or along an axis. */
uint64_t fci_absmax_blocks (const fci_requirement *measured);
uint64_t fci_absmax_extent (const fci_requirement *measured, unsigned axis);

#endif
