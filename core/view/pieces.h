/* core/view/pieces.h: pieces of a view that is being made, before they are frozen as boxes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_PIECES_H
#define FCI_VIEW_PIECES_H

#include "core/view/view.h"

/* A box in the making.  Its numbers lie behind it: start, extent and stride, `cap` of each, and tracks of
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
  unsigned tracks; /* that there is room for in a piece */
  size_t each;     /* bytes of a piece with its numbers */
  size_t n;
  size_t capacity;
  char *items;
} fci_view_pieces;

enum
{
  FCI_VIEW_PIECE_RANK = 2 * FMTCONV_MAX_RANK /* between two shapes there may be more axes than in either */
};

#define FCI_PIECE_EXTENT(list, piece) ((piece)->start + (list)->cap)
#define FCI_PIECE_STRIDE(list, piece) ((int64_t *) ((piece)->start + 2 * (list)->cap))
#define FCI_PIECE_TRACK(list, piece, t) \
  ((fci_track *) ((piece)->start + 3 * (list)->cap + (t) *FCI_TRACK_NUMBERS ((list)->cap)))

static inline fci_view_piece *
fci_view_piece_at (const fci_view_pieces *list, size_t i)
{
  return (fci_view_piece *) (list->items + i * list->each);
}

/* tracks: the most that a piece will have. */
fci_view_pieces fci_view_pieces_new (fmtconv_ctx *ctx, unsigned cap, unsigned tracks);
void fci_view_pieces_free (fci_view_pieces *list);

/* A copy of `like` (NULL: zeroes) at the end.  NULL: E_NOMEM, or E_LIMIT beyond FCI_MAX_BOXES. */
fci_view_piece *fci_view_pieces_add (fci_view_pieces *list, const fci_view_piece *like);

/* The most tracks that any box of a view has. */
unsigned fci_view_tracks (fmtconv_view *view);

/* All boxes of a view, at the end. */
bool fci_view_pieces_add_view (fci_view_pieces *list, fmtconv_view *view);

/* The part of a piece with start <= index < end along an axis, which it is known to meet. */
void fci_view_piece_clip (const fci_view_pieces *list, fci_view_piece *piece, unsigned axis, uint64_t start,
                          uint64_t end);

/* Move its first element. */
void fci_view_piece_move (fci_view_piece *piece, uint64_t by);

/* What the strides of axes of extent 1 are where nothing else is known: as if dense; and no step of a track. */
void fci_view_piece_dense_ones (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank);

#endif
