/* core/view/block-stride.h: how factors go along with axes that are split or joined.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BLOCK_STRIDE_H
#define FCI_VIEW_BLOCK_STRIDE_H

#include "core/view/view.h"

/* The paces along both axes that one becomes, of several whole rows of `inner` indices; false: blocks begin within
 * rows. */
bool fci_block_stride_split (const fci_block_stride *block_stride, uint64_t inner, fci_block_stride *to_outer,
                             fci_block_stride *to_inner);

/* The pace along the axis that two become, the second of `inner` indices; false: there is none. */
bool fci_block_stride_join (const fci_block_stride *outer, const fci_block_stride *own, uint64_t inner,
                            fci_block_stride *to);

#endif
