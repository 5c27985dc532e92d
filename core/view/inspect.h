/* core/view/inspect.h: properties of views for the core: bytes, origins, memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_INSPECT_H
#define FCI_VIEW_INSPECT_H

#include <fmtconv/types.h>

/* Returns the bytes of the view as written. Never overflows for a constructed view. */
uint64_t fci_view_bytes (fmtconv_view *view);

/* Returns the view with the origin of every box set to `origin`; a view without boxes remembers it.
 * Changes an unmarked view of one box in place: only for a model that is being frozen. NULL: an error. */
fmtconv_view *fci_view_set_origin (fmtconv_view *view, uint32_t origin);

/* Returns the arena bytes of a view, without parts shared with others. */
size_t fci_view_memory (fmtconv_view *view);

#endif
