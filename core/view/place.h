/* core/view/place.h: positions in leaves, whose data type may be stored in blocks of several elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_PLACE_H
#define FCI_VIEW_PLACE_H

#include <fmtconv/types.h>

/* Returns the bytes of n elements, which must be full blocks. */
uint64_t fci_dtype_bytes (uint32_t dtype, uint64_t n);

/* Returns the stride of a leaf of that type from one element to the next. */
uint64_t fci_dtype_step (uint32_t dtype);

/* Moves a position in a leaf by a sum of strides. */
void fci_leaf_offset_move (uint32_t dtype, uint64_t *offset, uint32_t *phase, uint64_t by);

#endif
