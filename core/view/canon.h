/* core/view/canon.h: the canonical form of a view's pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_CANON_H
#define FCI_VIEW_CANON_H

#include "core/view/pieces.h"

/* Brings disjoint pieces into canonical form: equal elements give equal pieces, however they were made.
 * loose: strides of axes of extent 1 are not significant and are chosen here. Returns false on an error. */
bool fci_view_pieces_normalize (fci_view_pieces *list, unsigned rank, bool loose);

#endif
