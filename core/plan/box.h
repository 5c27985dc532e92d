/* core/plan/box.h: where the elements of a box lie, in the view and in the source.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_BOX_H
#define FCI_PLAN_BOX_H

#include "core/view/view.h"
#include <stdbool.h>

/* Elements of the view before the box's first one, row-major; how many the box has. */
void fci_box_elements (fmtconv_view *view, const fci_box *box, uint64_t *first, uint64_t *count);

/* Does the box fill one unbroken range of the view?  Do its elements lie row-major and without gaps in the source? */
bool fci_box_is_unbroken (fmtconv_view *view, const fci_box *box);
bool fci_box_is_dense (fmtconv_view *view, const fci_box *box);

/* The bytes a box of a view reads, those that stride 0 repeats counted once. */
uint64_t fci_box_reads (fmtconv_view *view, const fci_box *box);

#endif
