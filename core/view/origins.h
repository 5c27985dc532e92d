/* core/view/origins.h: the numbers of the tensors that a view consists of.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_ORIGINS_H
#define FCI_VIEW_ORIGINS_H

#include <fmtconv/types.h>

/* Returns an upper bound of the numbers that fci_view_origins writes. */
size_t fci_view_most_origins (fmtconv_view *view);

/* Writes the distinct origins of a view to `out`, ascending, and returns their number. The capacity of
 * `out` is at least fci_view_most_origins. */
size_t fci_view_origins (fmtconv_view *view, uint32_t *out);

/* Returns the origins of a view of frozen models, ascending, in the context's arena. NULL: out of memory. */
const uint32_t *fci_view_origin_numbers (fmtconv_view *view, size_t *n);

#endif
