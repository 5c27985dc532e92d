/* core/view/build.h: pieces of a view that is being made, before they are frozen as boxes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BUILD_H
#define FCI_VIEW_BUILD_H

#include "core/view/view.h"

/* A box in the making.  Its numbers lie behind it: start, extent and stride, `cap` of each, and tracks of
 * `cap` axes. */
typedef struct fci_piece
{
  fmtconv_source *source;
  uint64_t offset;
  const fci_op *ops;
  uint32_t dtype;
  uint32_t origin;
  uint32_t phase;
  uint64_t start[];
} fci_piece;

/* A growing list of pieces of rank <= cap, on the heap; freed by fci_pieces_free. */
typedef struct fci_pieces
{
  fmtconv_ctx *ctx;
  unsigned cap;
  unsigned tracks; /* that there is room for in a piece */
  size_t each;     /* bytes of a piece with its numbers */
  size_t n;
  size_t room;
  char *items;
} fci_pieces;

enum
{
  FCI_PIECE_RANK = 2 * FMTCONV_MAX_RANK /* between two shapes there may be more axes than in either */
};

#define FCI_P_EXTENT(list, piece) ((piece)->start + (list)->cap)
#define FCI_P_STRIDE(list, piece) ((int64_t *) ((piece)->start + 2 * (list)->cap))
#define FCI_P_TRACK(list, piece, t) \
  ((fci_track *) ((piece)->start + 3 * (list)->cap + (t) *FCI_TRACK_NUMBERS ((list)->cap)))

static inline fci_piece *
fci_piece_at (const fci_pieces *list, size_t i)
{
  return (fci_piece *) (list->items + i * list->each);
}

/* tracks: the most that a piece will have. */
fci_pieces fci_pieces_new (fmtconv_ctx *ctx, unsigned cap, unsigned tracks);
void fci_pieces_free (fci_pieces *list);

/* A copy of `like` (NULL: zeroes) at the end.  NULL: E_NOMEM, or E_LIMIT beyond FCI_MAX_BOXES. */
fci_piece *fci_pieces_add (fci_pieces *list, const fci_piece *like);

/* The most tracks that any box of a view has. */
unsigned fci_view_tracks (fmtconv_view *view);

/* All boxes of a view, at the end. */
bool fci_pieces_take (fci_pieces *list, fmtconv_view *view);

/* The part of a piece with start <= index < end along an axis, which it is known to meet. */
void fci_piece_clip (const fci_pieces *list, fci_piece *piece, unsigned axis, uint64_t start, uint64_t end);

/* Move its first element. */
void fci_piece_move (fci_piece *piece, uint64_t by);

/* Bring disjoint pieces into canonical form: the same elements give the same pieces, whatever the way
 * they were made.  loose: strides of axes of extent 1 mean nothing and are chosen here. */
bool fci_pieces_canonical (fci_pieces *list, unsigned rank, bool loose);

/* What the strides of axes of extent 1 are where nothing else is known: as if dense; and no step of a track. */
void fci_piece_dense_ones (const fci_pieces *list, fci_piece *piece, unsigned rank);

/* Any order of factors, or products, in which only equal ones are equal; where factors are does not matter. */
int fci_factor_order (const fci_factor *a, const fci_factor *b);
int fci_product_order (const fci_product *a, const fci_product *b);

/* Can elements of the type be scaled and added to? */
bool fci_is_floating (uint32_t dtype);

/* What a view will be, apart from its pieces. */
typedef struct fci_view_head
{
  fmtconv_ctx *ctx;
  uint32_t dtype;
  unsigned rank;
  const uint64_t *shape;
  const fci_empties *empties;
  const fci_requirements *requirements;
  fmtconv_view *base;
} fci_view_head;

/* The view of these pieces (NULL: none), which are freed.  loose: see fci_pieces_canonical. */
fmtconv_view *fci_view_freeze (const fci_view_head *head, fci_pieces *list, bool loose);

/* The same for a change of shape or type: everything else as in `view`. */
fci_view_head fci_view_like (fmtconv_view *view);

/* What is made needs `other` too: the tensors that it is made of are used, and what it requires must hold.  false: an
 * error was recorded. */
bool fci_head_use (fci_view_head *head, fmtconv_view *other);

/* May a view of a block type be cut or joined there?  false: recorded; `what` for people ("cut"). */
bool fci_blocks_check (fmtconv_view *view, unsigned axis, uint64_t border, const char *what);

/* The same for bytes of an encoding: `coded` cut, joined or turned as its bytes would be.  NULL where that is no
 * encoding (recorded). */
fmtconv_view *fci_bytes_refuse (fmtconv_view *view, const char *what);

/* The boxes of `view` under another head. */
fmtconv_view *fci_view_again (const fci_view_head *head, fmtconv_view *view);

/* A requirement with a number of its own; what it is, is filled in by the caller.  NULL: an error. */
fci_requirement *fci_requirement_new (fmtconv_ctx *ctx, fmtconv_view *wanted);

/* One more among those of `head`.  false, also of NULL: an error was recorded. */
bool fci_view_require (fci_view_head *head, fci_requirement *requirement);

/* Elements and bytes of a shape; E_LIMIT where they do not fit, E_USAGE for an impossible type or rank. */
bool fci_shape_size (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                     uint64_t *elements, uint64_t *bytes);

/* Both lists as one; NULL: none. */
const fci_empties *fci_empties_join (fmtconv_ctx *ctx, const fci_empties *a, const fci_empties *b);
const fci_requirements *fci_requirements_join (fmtconv_ctx *ctx, const fci_requirements *a,
                                               const fci_requirements *b);

#endif
