/* core/view/equal.h: the order of views by their bytes, in which only those with the very same bytes are equal.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_EQUAL_H
#define FCI_VIEW_EQUAL_H

#include "core/view/view.h"

/* Returns whether two views have the very same bytes, shape and type, whatever their files say about them. */
bool fci_view_equal (fmtconv_view *a, fmtconv_view *b);

/* Returns less than, equal to or greater than 0: any total order, in which only equal views are equal. */
int fci_view_order (fmtconv_view *a, fmtconv_view *b);

/* Returns the identity of the open file that the box reads, or of the source that is still to be measured; 0: memory. */
uintptr_t fci_box_base (const fci_box *box);

/* Returns the position of the box's first byte: in its file, or in memory. */
uint64_t fci_box_byte (const fci_box *box);

#endif
