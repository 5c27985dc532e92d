/* core/view/origins.h: the numbers of the tensors that a view is made of.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_ORIGINS_H
#define FCI_VIEW_ORIGINS_H

#include <fmtconv/types.h>

/* Returns how many numbers fci_view_origins may write. */
size_t fci_view_most_origins (fmtconv_view *view);

/* Writes the distinct origins of a view to `out`, ascending; returns how many.  out has the capacity that
 * fci_view_most_origins says. */
size_t fci_view_origins (fmtconv_view *view, uint32_t *out);

/* Returns the numbers of the tensors that a view of sealed models is made of, ascending, in the context's arena.
 * NULL: out of memory. */
const uint32_t *fci_view_origin_numbers (fmtconv_view *view, size_t *n);

#endif
