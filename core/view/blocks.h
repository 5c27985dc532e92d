/* core/view/blocks.h: views of block types: where they may be cut, and their encoded bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BLOCKS_H
#define FCI_VIEW_BLOCKS_H

#include "core/view/view.h"

/* Checks that a view of a block type may be cut or joined there. Returns false if not (recorded); `what`
 * for people ("cut"). */
bool fci_blocks_check (fmtconv_view *view, unsigned axis, uint64_t border, const char *what);

/* Records that the bytes of an encoding cannot be changed so; `what` for people ("cut within a block").
 * Returns NULL. */
fmtconv_view *fci_view_refuse_bytes (fmtconv_view *view, const char *what);

/* Returns the QUANTIZE at the end of the operations, or NULL. */
const fci_op *fci_ops_encoder (const fci_op *ops);

/* Returns whether the operations leave stored elements unchanged. */
bool fci_ops_are_idle (const fci_op *ops);

/* Returns whether a box of the view ends with a QUANTIZE. */
bool fci_view_is_encoded (fmtconv_view *view);

/* Returns the view to evaluate for the bytes written for `view`: of plain elements, or of a quantized
 * block type. NULL: an error. */
fmtconv_view *fci_view_evaluated (fmtconv_view *view);

#endif
