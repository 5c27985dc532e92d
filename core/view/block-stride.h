/* core/view/block-stride.h: block strides of factors when axes are split or joined.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BLOCK_STRIDE_H
#define FCI_VIEW_BLOCK_STRIDE_H

#include "core/view/view.h"

/* Splits the block stride of an axis that becomes two, the inner of `inner` indices. Returns false if
 * blocks begin within rows. */
bool fci_block_stride_split (const fci_block_stride *block_stride, uint64_t inner, fci_block_stride *to_outer,
                             fci_block_stride *to_inner);

/* Joins the block strides of two axes, the inner of `inner` indices, into that of one. Returns false if
 * there is no such block stride. */
bool fci_block_stride_join (const fci_block_stride *outer, const fci_block_stride *own, uint64_t inner,
                            fci_block_stride *to);

#endif
