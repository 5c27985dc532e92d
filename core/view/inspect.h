/* core/view/inspect.h: what the core asks of views: bytes, origins, plain copies.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_INSPECT_H
#define FCI_VIEW_INSPECT_H

#include <fmtconv/types.h>

/* Bytes of the view as written.  Never overflows for a view that was constructed. */
uint64_t fci_view_bytes (fmtconv_view *view);

/* The same view with every box's origin set to `origin`; without boxes it remembers it.  A view of one
 * box that is not marked yet is changed in place: only a model that is being sealed may ask. */
fmtconv_view *fci_view_set_origin (fmtconv_view *view, uint32_t origin);

/* Bytes of arena a view takes, without what it shares with others. */
size_t fci_view_memory (fmtconv_view *view);

#endif
