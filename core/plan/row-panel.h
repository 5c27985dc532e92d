/* core/plan/row-panel.h: row panels of matrices that are transposed while they are written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_ROW_PANEL_H
#define FCI_PLAN_ROW_PANEL_H

#include "core/plan/run.h"

/* Returns whether the box's elements are in the source in the order of the output, with or without gaps. */
bool fci_box_is_in_order (fmtconv_view *view, const fci_box *box);

/* Returns the bytes of a row of a transposed matrix, which is written in whole rows; 0: the tensor is another. */
uint64_t fci_rows_panel_row (const fci_rows *rows);

/* Chooses the row panels of a transposed tensor for buffers of `capacity` bytes.  A panel is at most `share`
 * bytes, so that every thread gets some, unless it fits a buffer. */
void fci_rows_choose_panel (fci_rows *rows, uint64_t capacity, uint64_t share);

#endif
