/* core/view/canon.h: the canonical form of a view's pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_CANON_H
#define FCI_VIEW_CANON_H

#include "core/view/pieces.h"

/* Bring disjoint pieces into canonical form: the same elements give the same pieces, whatever the way
 * they were made.  loose: strides of axes of extent 1 mean nothing and are chosen here. */
bool fci_view_pieces_normalize (fci_view_pieces *list, unsigned rank, bool loose);

#endif
