/* core/view/pieces.h: pieces of a view that is being made, before they are frozen as boxes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_PIECES_H
#define FCI_VIEW_PIECES_H

#include "core/view/view.h"

/* A box under construction. Its numbers follow it: start, extent and stride, `cap` of each, and tracks of
 * `cap` axes. */
typedef struct fci_view_piece
{
  fmtconv_source *source;
  uint64_t offset;
  const fci_op *ops;
  uint32_t dtype;
  uint32_t origin;
  uint32_t phase;
  uint64_t start[];
} fci_view_piece;

/* A growing list of pieces of rank <= cap, on the heap; freed by fci_view_pieces_free. */
typedef struct fci_view_pieces
{
  fmtconv_ctx *ctx;
  unsigned cap;
  unsigned tracks; /* tracks that fit in a piece */
  size_t each;     /* bytes of a piece with its numbers */
  size_t n;
  size_t capacity;
  char *items;
} fci_view_pieces;

enum
{
  FCI_VIEW_PIECE_RANK = 2 * FMTCONV_MAX_RANK /* an intermediate shape may have more axes than either */
};

#define FCI_PIECE_EXTENT(list, piece) ((piece)->start + (list)->cap)
#define FCI_PIECE_STRIDE(list, piece) ((int64_t *) ((piece)->start + (size_t) 2 * (list)->cap))
#define FCI_PIECE_TRACK(list, piece, t) \
  ((fci_track *) ((piece)->start + (size_t) 3 * (list)->cap + (t) *FCI_TRACK_NUMBERS ((list)->cap)))

static inline fci_view_piece *
fci_view_piece_at (const fci_view_pieces *list, size_t i)
{
  return (fci_view_piece *) (list->items + i * list->each);
}

/* Returns an empty list; tracks: maximum per piece. */
fci_view_pieces fci_view_pieces_new (fmtconv_ctx *ctx, unsigned cap, unsigned tracks);
void fci_view_pieces_free (fci_view_pieces *list);

/* Appends a copy of `like` (NULL: zeros) and returns it. NULL: E_NOMEM, or E_LIMIT beyond FCI_MAX_BOXES. */
fci_view_piece *fci_view_pieces_add (fci_view_pieces *list, const fci_view_piece *like);

/* Returns the maximum number of tracks of a box of the view. */
unsigned fci_view_tracks (fmtconv_view *view);

/* Appends all boxes of a view. Returns false on an error. */
bool fci_view_pieces_add_view (fci_view_pieces *list, fmtconv_view *view);

/* Clips a piece to start <= index < end along an axis; the ranges must overlap. */
void fci_view_piece_clip (const fci_view_pieces *list, fci_view_piece *piece, unsigned axis, uint64_t start,
                          uint64_t end);

/* Moves the first element by `by` stride units. */
void fci_view_piece_move (fci_view_piece *piece, uint64_t by);

/* Sets the strides of axes of extent 1 as if dense, and the steps of their tracks to 0. */
void fci_view_piece_dense_ones (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank);

#endif
