/* core/view/recode.h: stored bytes in another order than that of their file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_RECODE_H
#define FCI_VIEW_RECODE_H

#include <fmtconv/types.h>

/* Returns the bytes of a view of U8 or I8 with the two halves of each exchanged.  NULL: an error; E_UNSUPPORTED if the
 * bytes are computed. */
fmtconv_view *fci_view_swap_nibbles (fmtconv_view *view);

/* Returns a matrix of single bytes that is stored in tiles (see fci_source_untile), in row-major order, with the same
 * shape.  NULL: an error; E_UNSUPPORTED if the shape is not one of full tiles, or the bytes are computed, cut or moved.
 */
fmtconv_view *fci_view_untile (fmtconv_view *view);

#endif
