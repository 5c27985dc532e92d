/* core/view/equal.h: an order of views by their bytes; only identical bytes compare equal.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_EQUAL_H
#define FCI_VIEW_EQUAL_H

#include "core/view/view.h"

/* Returns whether two views have identical bytes, shape and type, whatever names their files give them. */
bool fci_view_equal (fmtconv_view *a, fmtconv_view *b);

/* Returns less than, equal to or greater than 0: an arbitrary total order in which only equal views
 * compare equal. */
int fci_view_order (fmtconv_view *a, fmtconv_view *b);

/* Returns the identity of the open file that the box reads, or of a source that is not measured yet; 0:
 * memory. */
uintptr_t fci_box_base (const fci_box *box);

/* Returns the position of the box's first byte: in its file, or in memory. */
uint64_t fci_box_byte (const fci_box *box);

#endif
