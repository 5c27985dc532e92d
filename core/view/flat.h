/* core/view/flat.h: flat views: stored blocks that run on over the ends of rows.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_FLAT_H
#define FCI_VIEW_FLAT_H

#include "core/view/view.h"

/* Returns whether rows of that shape are not full blocks of the type.  A shape without elements has no such
 * rows. */
bool fci_shape_is_flat (uint32_t dtype, unsigned rank, const uint64_t *shape);

/* Returns whether the view is flat. */
bool fci_view_is_flat (fmtconv_view *view);

/* Returns the stored blocks of a view under a flat shape of as many elements.  NULL: the blocks are not one
 * range of bytes (E_UNSUPPORTED). */
fmtconv_view *fci_view_flatten (fmtconv_view *view, unsigned rank, const uint64_t *shape);

/* Returns a flat view with one axis, which is not flat. */
fmtconv_view *fci_view_unflatten (fmtconv_view *view);

/* Records that a flat view cannot be changed so; `what` for people ("cut").  Returns false. */
bool fci_flat_refuse (fmtconv_view *view, const char *what);

#endif
