/* core/plan/row-panel.h: bands of matrices that are transposed while they are written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_ROW_PANEL_H
#define FCI_PLAN_ROW_PANEL_H

#include "core/plan/run.h"

/* Do its elements lie in the source in the order they are written in, whatever lies between them? */
bool fci_box_is_in_order (fmtconv_view *view, const fci_box *box);

/* Choose the bands of a tensor whose elements a matrix's transposition moves, for buffers of `room` bytes; no band is
 * larger than `share`, of which every thread gets some, unless it fits a buffer. */
void fci_rows_choose_panel (fci_rows *rows, uint64_t capacity, uint64_t share);

#endif
