/* core/view/recode.c: stored bytes in another order than that of their file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/recode.h"
#include "core/view/build.h"
#include "core/view/recode.h"

/* Lists the boxes of a view whose sources are to be replaced.  Returns false if its elements are not stored bytes. */
static bool
list_bytes (fci_view_pieces *list, fmtconv_view *view)
{
  bool stored = fmtconv_dtype_get (view->dtype)->block_bytes == 1;
  for (size_t i = 0; i < view->n_boxes; i++)
    stored = stored && !view->boxes[i].ops && view->boxes[i].dtype == view->dtype;
  if (!stored)
    fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED, "only stored bytes can be reordered");
  return stored && fci_view_pieces_add_view (list, view);
}

fmtconv_view *
fci_view_swap_nibbles (fmtconv_view *view)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  fci_view_head head = fci_view_head_of (view);
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  fmtconv_source *of = NULL, *swapped = NULL;
  bool good = list_bytes (&list, view);
  for (size_t i = 0; good && i < list.n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (&list, i);
      swapped = swapped && of == piece->source ? swapped : fci_source_swap_nibbles (piece->source);
      of = piece->source;
      piece->source = swapped;
      good = swapped != NULL;
    }
  if (good)
    return fci_view_freeze (&head, &list, false);
  fci_view_pieces_free (&list);
  return NULL;
}

/* Returns whether the piece is all of a row-major matrix. */
static bool
is_dense_matrix (const fci_view_pieces *list, fmtconv_view *view)
{
  const fci_view_piece *piece = fci_view_piece_at (list, 0);
  const int64_t *stride = FCI_PIECE_STRIDE (list, piece);
  return list->n == 1 && view->shape[0] % FCI_TILE_ROWS == 0 && view->shape[1] % FCI_TILE_COLUMNS == 0
         && (uint64_t) stride[0] == view->shape[1] && stride[1] == 1;
}

fmtconv_view *
fci_view_untile (fmtconv_view *view)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  fci_view_head head = fci_view_head_of (view);
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (list_bytes (&list, view) && view->elements > 0)
    {
      fci_view_piece *piece = fci_view_piece_at (&list, 0);
      if (view->rank != 2 || !is_dense_matrix (&list, view))
        fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED, "scales in tiles must be complete tiles of %d x %d",
                      FCI_TILE_ROWS, FCI_TILE_COLUMNS);
      else
        piece->source = fci_source_untile (piece->source, piece->offset, view->shape[0], view->shape[1]);
      piece->offset = 0;
    }
  if (!fmtconv_ctx_failed (view->ctx))
    return fci_view_freeze (&head, &list, false);
  fci_view_pieces_free (&list);
  return NULL;
}
