/* core/plan/box.h: positions of a box's elements in the view and in the source.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_BOX_H
#define FCI_PLAN_BOX_H

#include "core/view/view.h"
#include <stdbool.h>

/* Sets *first to the row-major index in the view of the box's first element, *count to the number of its
 * elements. */
void fci_box_elements (fmtconv_view *view, const fci_box *box, uint64_t *first, uint64_t *count);

/* Returns whether the box covers one contiguous range of the view. */
bool fci_box_is_unbroken (fmtconv_view *view, const fci_box *box);

/* Returns whether the box's elements are row-major and without gaps in the source. */
bool fci_box_is_dense (fmtconv_view *view, const fci_box *box);

/* Returns the bytes of the source that a box reads; bytes that stride 0 repeats count once. */
uint64_t fci_box_reads (fmtconv_view *view, const fci_box *box);

#endif
