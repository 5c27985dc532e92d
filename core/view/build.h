/* core/view/build.h: freezes pieces into views.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BUILD_H
#define FCI_VIEW_BUILD_H

#include "core/view/pieces.h"
#include "core/view/view.h"

/* The properties of a new view, except its pieces. */
typedef struct fci_view_head
{
  fmtconv_ctx *ctx;
  uint32_t dtype;
  unsigned rank;
  const uint64_t *shape;
  const fci_extra_origins *extra_origins;
  const fci_requirements *requirements;
  fmtconv_view *base;
  bool is_flat; /* the rows of a block type need not be full blocks */
} fci_view_head;

/* Returns the view of these pieces (NULL: none), which are freed. loose: see fci_view_pieces_normalize.
 * NULL: an error. */
fmtconv_view *fci_view_freeze (const fci_view_head *head, fci_view_pieces *list, bool loose);

/* Returns the head of `view`, as a start for a change of shape or type. */
fci_view_head fci_view_head_of (fmtconv_view *view);

/* Returns a view of the boxes of `view` with another head. NULL: an error. */
fmtconv_view *fci_view_with_head (const fci_view_head *head, fmtconv_view *view);

/* Compute elements and bytes of a shape. Return false after E_LIMIT if they do not fit, E_USAGE for an
 * impossible type or rank. fci_shape_size refuses rows that are not full blocks; fci_shape_size_flat accepts
 * them if all elements are. */
bool fci_shape_size (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                     uint64_t *elements, uint64_t *bytes);
bool fci_shape_size_flat (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                          uint64_t *elements, uint64_t *bytes);

/* Returns the union of both lists; NULL: empty, or out of memory. */
const fci_extra_origins *fci_extra_origins_join (fmtconv_ctx *ctx, const fci_extra_origins *a,
                                                 const fci_extra_origins *b);

#endif
