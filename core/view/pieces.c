/* core/view/pieces.c: lists of pieces, which become boxes when a view is frozen.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/pieces.h"
#include "core/view/place.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

fci_view_pieces
fci_view_pieces_new (fmtconv_ctx *ctx, unsigned cap, unsigned tracks)
{
  size_t numbers = 3 * (size_t) cap + tracks * FCI_TRACK_NUMBERS (cap);
  return (fci_view_pieces){
    .ctx = ctx, .cap = cap, .tracks = tracks, .each = sizeof (fci_view_piece) + numbers * sizeof (uint64_t)
  };
}

void
fci_view_pieces_free (fci_view_pieces *list)
{
  free (list->items);
  list->items = NULL;
  list->n = list->capacity = 0;
}

static bool
reserve (fci_view_pieces *list)
{
  if (list->n >= FCI_MAX_BOXES)
    {
      fmtconv_fail_at (list->ctx, FMTCONV_E_LIMIT,
                       &(fmtconv_where){ .hint = "store the tensor densely before converting it" },
                       "a tensor would consist of more than %d pieces", (int) FCI_MAX_BOXES);
      return false;
    }
  size_t capacity = list->capacity ? 2 * list->capacity : 1;
  char *items = realloc (list->items, capacity * list->each);
  if (!items)
    {
      fci_nomem (list->ctx);
      return false;
    }
  list->items = items;
  list->capacity = capacity;
  return true;
}

fci_view_piece *
fci_view_pieces_add (fci_view_pieces *list, const fci_view_piece *like)
{
  if (list->n >= list->capacity && !reserve (list))
    return NULL;
  fci_view_piece *piece = fci_view_piece_at (list, list->n++);
  if (like)
    memcpy (piece, like, list->each);
  else
    memset (piece, 0, list->each);
  return piece;
}

unsigned
fci_view_tracks (fmtconv_view *view)
{
  unsigned most = 0;
  for (size_t i = 0; i < view->n_boxes; i++)
    if (fci_tracks (view->boxes[i].ops) > most)
      most = fci_tracks (view->boxes[i].ops);
  return most;
}

bool
fci_view_pieces_add_view (fci_view_pieces *list, fmtconv_view *view)
{
  const size_t axes = view->rank * sizeof (uint64_t);
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      fci_view_piece *piece = fci_view_pieces_add (list, NULL);
      if (!piece)
        return false;
      piece->source = box->source;
      piece->offset = box->offset;
      piece->ops = box->ops;
      piece->dtype = box->dtype;
      piece->origin = box->origin;
      piece->phase = box->phase;
      for (unsigned t = 0; t < fci_tracks (box->ops); t++)
        memcpy (FCI_PIECE_TRACK (list, piece, t), FCI_TRACK (box, view->rank, t),
                FCI_TRACK_NUMBERS (view->rank) * sizeof (uint64_t));
      if (axes == 0)
        continue;
      memcpy (piece->start, box->start, axes);
      memcpy (FCI_PIECE_EXTENT (list, piece), FCI_EXTENT (box, view->rank), axes);
      memcpy (FCI_PIECE_STRIDE (list, piece), FCI_STRIDE (box, view->rank), axes);
    }
  return true;
}

void
fci_view_piece_clip (const fci_view_pieces *list, fci_view_piece *piece, unsigned axis, uint64_t start,
                     uint64_t end)
{
  uint64_t *extent = FCI_PIECE_EXTENT (list, piece);
  uint64_t from = piece->start[axis];
  uint64_t to = from + extent[axis];
  uint64_t first = start > from ? start : from;
  uint64_t last = end < to ? end : to;
  fci_view_piece_move (piece, (first - from) * (uint64_t) FCI_PIECE_STRIDE (list, piece)[axis]);
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    fci_block_stride_move (&FCI_PIECE_TRACK (list, piece, t)->block_stride[axis],
                           &FCI_PIECE_TRACK (list, piece, t)->at, first - from);
  piece->start[axis] = first;
  extent[axis] = last - first;
}

void
fci_view_piece_dense_ones (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank)
{
  const uint64_t *extent = FCI_PIECE_EXTENT (list, piece);
  int64_t *stride = FCI_PIECE_STRIDE (list, piece);
  uint64_t step = fci_dtype_step (piece->dtype);
  for (unsigned axis = rank; axis-- > 0;)
    {
      if (extent[axis] == 1)
        stride[axis] = (int64_t) step;
      for (unsigned t = 0; extent[axis] == 1 && t < fci_tracks (piece->ops); t++)
        FCI_PIECE_TRACK (list, piece, t)->block_stride[axis] = fci_no_block_stride;
      step = (uint64_t) stride[axis] * extent[axis];
    }
}

void
fci_view_piece_move (fci_view_piece *piece, uint64_t by)
{
  fci_leaf_offset_move (piece->dtype, &piece->offset, &piece->phase, by);
}
