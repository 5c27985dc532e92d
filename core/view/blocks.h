/* core/view/blocks.h: views of block types: where they may be cut, and their encoding.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BLOCKS_H
#define FCI_VIEW_BLOCKS_H

#include "core/view/view.h"

/* May a view of a block type be cut or joined there?  false: recorded; `what` for people ("cut"). */
bool fci_blocks_check (fmtconv_view *view, unsigned axis, uint64_t border, const char *what);

/* Records that the bytes of an encoding cannot be cut, joined or turned; `what` for people.  NULL. */
fmtconv_view *fci_view_refuse_bytes (fmtconv_view *view, const char *what);

/* The QUANTIZE that operations end with, or NULL. */
const fci_op *fci_ops_encoder (const fci_op *ops);

/* Do they leave elements as they are stored? */
bool fci_ops_are_idle (const fci_op *ops);

/* Does a box of the view end with a QUANTIZE? */
bool fci_view_is_encoded (fmtconv_view *view);

/* The view whose evaluation gives the bytes that are written for `view`: of plain elements, or of a block type
 * that is quantized.  NULL: an error. */
fmtconv_view *fci_view_evaluated (fmtconv_view *view);

#endif
