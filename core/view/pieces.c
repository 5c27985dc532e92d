/* core/view/pieces.c: lists of pieces, which boxes are before a view is frozen.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/pieces.h"
#include "core/view/place.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

fci_pieces
fci_pieces_new (fmtconv_ctx *ctx, unsigned cap, unsigned tracks)
{
  size_t numbers = 3 * (size_t) cap + tracks * FCI_TRACK_NUMBERS (cap);
  return (fci_pieces){
    .ctx = ctx, .cap = cap, .tracks = tracks, .each = sizeof (fci_piece) + numbers * sizeof (uint64_t)
  };
}

void
fci_pieces_free (fci_pieces *list)
{
  free (list->items);
  list->items = NULL;
  list->n = list->room = 0;
}

static bool
make_room (fci_pieces *list)
{
  if (list->n >= FCI_MAX_BOXES)
    {
      fmtconv_fail_at (list->ctx, FMTCONV_E_LIMIT,
                       &(fmtconv_where){ .hint = "store the tensor densely before converting it" },
                       "a tensor would be put together from more than %d pieces", (int) FCI_MAX_BOXES);
      return false;
    }
  size_t room = list->room ? 2 * list->room : 1;
  char *items = realloc (list->items, room * list->each);
  if (!items)
    return fci_nomem (list->ctx) != NULL;
  list->items = items;
  list->room = room;
  return true;
}

fci_piece *
fci_pieces_add (fci_pieces *list, const fci_piece *like)
{
  if (list->n >= list->room && !make_room (list))
    return NULL;
  fci_piece *piece = fci_piece_at (list, list->n++);
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
fci_pieces_take (fci_pieces *list, fmtconv_view *view)
{
  const size_t axes = view->rank * sizeof (uint64_t);
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      fci_piece *piece = fci_pieces_add (list, NULL);
      if (!piece)
        return false;
      piece->source = box->source;
      piece->offset = box->offset;
      piece->ops = box->ops;
      piece->dtype = box->dtype;
      piece->origin = box->origin;
      piece->phase = box->phase;
      for (unsigned t = 0; t < fci_tracks (box->ops); t++)
        memcpy (FCI_P_TRACK (list, piece, t), FCI_TRACK (box, view->rank, t),
                FCI_TRACK_NUMBERS (view->rank) * sizeof (uint64_t));
      if (axes == 0)
        continue;
      memcpy (piece->start, box->start, axes);
      memcpy (FCI_P_EXTENT (list, piece), FCI_EXTENT (box, view->rank), axes);
      memcpy (FCI_P_STRIDE (list, piece), FCI_STRIDE (box, view->rank), axes);
    }
  return true;
}

void
fci_piece_clip (const fci_pieces *list, fci_piece *piece, unsigned axis, uint64_t start, uint64_t end)
{
  uint64_t *extent = FCI_P_EXTENT (list, piece);
  uint64_t from = piece->start[axis];
  uint64_t to = from + extent[axis];
  uint64_t first = start > from ? start : from;
  uint64_t last = end < to ? end : to;
  fci_piece_move (piece, (first - from) * (uint64_t) FCI_P_STRIDE (list, piece)[axis]);
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    fci_pace_move (&FCI_P_TRACK (list, piece, t)->pace[axis], &FCI_P_TRACK (list, piece, t)->at,
                   first - from);
  piece->start[axis] = first;
  extent[axis] = last - first;
}

void
fci_piece_dense_ones (const fci_pieces *list, fci_piece *piece, unsigned rank)
{
  const uint64_t *extent = FCI_P_EXTENT (list, piece);
  int64_t *stride = FCI_P_STRIDE (list, piece);
  uint64_t step = fci_dtype_step (piece->dtype);
  for (unsigned axis = rank; axis-- > 0;)
    {
      if (extent[axis] == 1)
        stride[axis] = (int64_t) step;
      for (unsigned t = 0; extent[axis] == 1 && t < fci_tracks (piece->ops); t++)
        FCI_P_TRACK (list, piece, t)->pace[axis] = fci_no_pace;
      step = (uint64_t) stride[axis] * extent[axis];
    }
}

void
fci_piece_move (fci_piece *piece, uint64_t by)
{
  fci_place_move (piece->dtype, &piece->offset, &piece->phase, by);
}
