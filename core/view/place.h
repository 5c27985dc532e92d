/* core/view/place.h: places in leaves, whose data type may be stored in blocks of several elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_PLACE_H
#define FCI_VIEW_PLACE_H

#include <fmtconv/types.h>

/* Bytes that n elements take, whole blocks. */
uint64_t fci_dtype_bytes (uint32_t dtype, uint64_t n);

/* What strides of a leaf of that type go up by from one element to the next. */
uint64_t fci_dtype_step (uint32_t dtype);

/* Move a place in a leaf by what strides add up to. */
void fci_leaf_offset_move (uint32_t dtype, uint64_t *offset, uint32_t *phase, uint64_t by);

#endif
