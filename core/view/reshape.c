/* core/view/reshape.c: the same elements in another shape, by cutting and joining axes. Axes of extent 1 are
 * removed, then both shapes are walked from the innermost axis: an axis is split if the target's extent
 * divides it, joined to the axis before if it is too short, and if neither extent divides the other, both
 * are joined until their products match. Splitting an axis cuts a piece into at most three; joining two cuts
 * it only if its strides do not continue.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/view/block-stride.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/flat.h"
#include "core/view/pieces.h"
#include <string.h>

/* Pieces whose shape is being changed. */
typedef struct change
{
  fci_view_pieces *list;
  unsigned rank;
  uint64_t shape[FCI_VIEW_PIECE_RANK];
} change;

/* Inserts an axis at `axis`, with that value, into rank numbers. */
static void
open_axis (uint64_t *numbers, unsigned rank, unsigned axis, uint64_t value)
{
  memmove (numbers + axis + 1, numbers + axis, (rank - axis) * sizeof *numbers);
  numbers[axis] = value;
}

static void
close_axis (uint64_t *numbers, unsigned rank, unsigned axis)
{
  memmove (numbers + axis, numbers + axis + 1, (rank - axis - 1) * sizeof *numbers);
}

/* Inserts or removes an axis of a track's block strides. */
static void
open_block_stride (fci_track *track, unsigned rank, unsigned axis, fci_block_stride value)
{
  memmove (track->block_stride + axis + 1, track->block_stride + axis, (rank - axis) * sizeof value);
  track->block_stride[axis] = value;
}

static void
close_block_stride (fci_track *track, unsigned rank, unsigned axis)
{
  memmove (track->block_stride + axis, track->block_stride + axis + 1,
           (rank - axis - 1) * sizeof *track->block_stride);
}

/* Removes or inserts an axis along which every piece has start 0 and extent 1. */
static void
close_all (change *c, unsigned axis)
{
  for (size_t i = 0; i < c->list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      close_axis (piece->start, c->rank, axis);
      close_axis (FCI_PIECE_EXTENT (c->list, piece), c->rank, axis);
      close_axis ((uint64_t *) FCI_PIECE_STRIDE (c->list, piece), c->rank, axis);
      for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
        close_block_stride (FCI_PIECE_TRACK (c->list, piece, t), c->rank, axis);
    }
  close_axis (c->shape, c->rank, axis);
  c->rank--;
}

static void
open_all (change *c, unsigned axis)
{
  for (size_t i = 0; i < c->list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      open_axis (piece->start, c->rank, axis, 0);
      open_axis (FCI_PIECE_EXTENT (c->list, piece), c->rank, axis, 1);
      open_axis ((uint64_t *) FCI_PIECE_STRIDE (c->list, piece), c->rank, axis, 0);
      for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
        open_block_stride (FCI_PIECE_TRACK (c->list, piece, t), c->rank, axis, fci_no_block_stride);
    }
  open_axis (c->shape, c->rank, axis, 1);
  c->rank++;
}

/* Appends a copy of the i-th piece, cut to `count` indices of `axis` from `start`. NULL: an error. */
static fci_view_piece *
cut_copy (change *c, size_t i, unsigned axis, uint64_t start, uint64_t count)
{
  fci_view_piece *piece = fci_view_pieces_add (c->list, NULL);
  if (!piece)
    return NULL;
  memcpy (piece, fci_view_piece_at (c->list, i), c->list->each);
  fci_view_piece_clip (c->list, piece, axis, start, start + count);
  return piece;
}

static bool
can_split (const change *c, const fci_view_piece *piece, unsigned axis, uint64_t inner)
{
  fci_block_stride a, b;
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    if (!fci_block_stride_split (&FCI_PIECE_TRACK (c->list, piece, t)->block_stride[axis], inner, &a, &b))
      return false;
  return true;
}

/* Cuts pieces so that along `axis` each is inside one row of `inner` indices or consists of full rows; a
 * single row if its factors cannot be split. */
static bool
cut_at_rows (change *c, unsigned axis, uint64_t inner)
{
  for (size_t i = 0; i < c->list->n; i++) /* appended pieces are visited too */
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      uint64_t start = piece->start[axis];
      uint64_t count = FCI_PIECE_EXTENT (c->list, piece)[axis];
      uint64_t row = inner - start % inner, head = count < row ? count : row;
      if (start % inner == 0 && count > inner && can_split (c, piece, axis, inner))
        head = count - count % inner;
      if (head == count)
        continue;
      if (!cut_copy (c, i, axis, start + head, count - head))
        return false;
      fci_view_piece_clip (c->list, fci_view_piece_at (c->list, i), axis, start, start + head);
    }
  return true;
}

/* Splits axis `axis` into two, the inner of `inner` indices. Returns false on an error. */
static bool
split_axis (change *c, unsigned axis, uint64_t inner)
{
  if (!cut_at_rows (c, axis, inner))
    return false;
  for (size_t i = 0; i < c->list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      uint64_t start = piece->start[axis];
      uint64_t count = FCI_PIECE_EXTENT (c->list, piece)[axis];
      uint64_t step = (uint64_t) FCI_PIECE_STRIDE (c->list, piece)[axis];
      uint64_t rows = count < inner ? 1 : count / inner;
      open_axis (piece->start, c->rank, axis, start / inner);
      open_axis (FCI_PIECE_EXTENT (c->list, piece), c->rank, axis, rows);
      open_axis ((uint64_t *) FCI_PIECE_STRIDE (c->list, piece), c->rank, axis, step * inner);
      for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
        {
          fci_track *track = FCI_PIECE_TRACK (c->list, piece, t);
          fci_block_stride outer = fci_no_block_stride, own = track->block_stride[axis];
          if (rows > 1)
            fci_block_stride_split (&track->block_stride[axis], inner, &outer, &own);
          open_block_stride (track, c->rank, axis, outer);
          track->block_stride[axis + 1] = own;
        }
      piece->start[axis + 1] = start % inner;
      FCI_PIECE_EXTENT (c->list, piece)[axis + 1] = count / rows;
    }
  open_axis (c->shape, c->rank, axis, c->shape[axis] / inner);
  c->shape[axis + 1] = inner;
  c->rank++;
  return true;
}

/* Returns whether the piece continues from row to row of the axis after `axis`. */
static bool
runs_on (const change *c, const fci_view_piece *piece, unsigned axis)
{
  const uint64_t inner = c->shape[axis + 1];
  const int64_t *stride = FCI_PIECE_STRIDE (c->list, piece);
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    {
      const fci_block_stride *block_stride = &FCI_PIECE_TRACK (c->list, piece, t)->block_stride[axis];
      if (!fci_block_stride_join (&block_stride[0], &block_stride[1], inner, &(fci_block_stride){ 0 }))
        return false;
    }
  return FCI_PIECE_EXTENT (c->list, piece)[axis + 1] == inner
         && (uint64_t) stride[axis] == (uint64_t) stride[axis + 1] * inner;
}

/* Cuts pieces to single rows of `axis` if they do not continue. */
static bool
cut_to_rows (change *c, unsigned axis)
{
  const size_t n = c->list->n;
  for (size_t i = 0; i < n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      uint64_t start = piece->start[axis];
      uint64_t rows = FCI_PIECE_EXTENT (c->list, piece)[axis];
      if (rows == 1 || runs_on (c, piece, axis))
        continue;
      for (uint64_t k = 1; k < rows; k++)
        if (!cut_copy (c, i, axis, start + k, 1))
          return false;
      fci_view_piece_clip (c->list, fci_view_piece_at (c->list, i), axis, start, start + 1);
    }
  return true;
}

/* Joins axes `axis` and `axis + 1` into one. Returns false on an error. */
static bool
join_axes (change *c, unsigned axis)
{
  const uint64_t inner = c->shape[axis + 1];
  if (!cut_to_rows (c, axis))
    return false;
  for (size_t i = 0; i < c->list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (c->list, i);
      uint64_t *extent = FCI_PIECE_EXTENT (c->list, piece);
      for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
        {
          fci_block_stride *block_stride = &FCI_PIECE_TRACK (c->list, piece, t)->block_stride[axis];
          if (extent[axis] > 1)
            fci_block_stride_join (&block_stride[0], &block_stride[1], inner, &block_stride[1]);
          close_block_stride (FCI_PIECE_TRACK (c->list, piece, t), c->rank, axis);
        }
      piece->start[axis + 1] += piece->start[axis] * inner;
      extent[axis + 1] *= extent[axis];
      close_axis (piece->start, c->rank, axis);
      close_axis (extent, c->rank, axis);
      close_axis ((uint64_t *) FCI_PIECE_STRIDE (c->list, piece), c->rank, axis);
    }
  c->shape[axis + 1] *= c->shape[axis];
  close_axis (c->shape, c->rank, axis);
  c->rank--;
  return true;
}

/* Makes the last axes before `end` match the last axis of the target, or several of them at once; *n
 * becomes the number of the target's remaining axes. */
static bool
fit_axis (change *c, unsigned *end, const uint64_t *target, unsigned *n)
{
  uint64_t want = target[*n - 1];
  unsigned axis = *end - 1;
  unsigned left = *n - 1;
  while (c->shape[axis] % want != 0)
    {
      uint64_t missing = want / c->shape[axis];
      if (want % c->shape[axis] != 0)
        want *= target[--left]; /* neither divides the other: join the target's axes too */
      else if (c->shape[axis - 1] % missing == 0 && c->shape[axis - 1] != missing)
        {
          if (!split_axis (c, axis - 1, missing))
            return false;
          axis++;
        }
      else if (join_axes (c, axis - 1))
        axis--;
      else
        return false;
    }
  if (c->shape[axis] != want)
    {
      if (!split_axis (c, axis, want))
        return false;
      axis++;
    }
  for (unsigned i = *n - 1; i > left; i--)
    if (!split_axis (c, axis, target[i]))
      return false;
  *n = left;
  *end = axis;
  return true;
}

/* Changes c's shape to the target's; both have the same number of elements, not 0. */
static bool
walk (change *c, const uint64_t *target, unsigned rank)
{
  uint64_t solid[FMTCONV_MAX_RANK];
  unsigned n = 0;
  for (unsigned i = 0; i < rank; i++)
    if (target[i] != 1)
      solid[n++] = target[i];
  for (unsigned i = c->rank; i-- > 0;)
    if (c->shape[i] == 1)
      close_all (c, i);
  for (unsigned end = c->rank; n > 0;)
    if (!fit_axis (c, &end, solid, &n))
      return false;
  for (unsigned i = 0; i < rank; i++)
    if (target[i] == 1)
      open_all (c, i);
  return true;
}

static fmtconv_view *
reshaped (fmtconv_view *view, unsigned rank, const uint64_t *shape)
{
  fci_view_pieces wide = fci_view_pieces_new (view->ctx, FCI_VIEW_PIECE_RANK, fci_view_tracks (view));
  change c = { .list = &wide, .rank = view->rank };
  if (view->rank > 0)
    memcpy (c.shape, view->shape, view->rank * sizeof *shape);
  if (!fci_view_pieces_add_view (&wide, view) || (view->elements > 0 && !walk (&c, shape, rank)))
    {
      fci_view_pieces_free (&wide);
      return NULL;
    }
  fci_view_head head = fci_view_head_of (view);
  head.rank = rank;
  head.shape = shape;
  head.base = view;
  return fci_view_freeze (&head, &wide, true);
}

/* Checks that rows may be cut or joined so. Returns false if not (recorded). */
static bool
check_rows (fmtconv_view *view, unsigned rank, const uint64_t *shape)
{
  if (shape[rank - 1] == view->shape[view->rank - 1])
    return true;
  return fci_blocks_check (view, view->rank - 1, 0, "cut or joined");
}

/* Reshapes the bytes of an encoding, in rows of full blocks. */
static fmtconv_view *
reshape_bytes (fmtconv_view *view, unsigned rank, const uint64_t *shape)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->encoded->dtype);
  uint64_t blocks[FMTCONV_MAX_RANK];
  if (rank == 0 || shape[rank - 1] % info->block_bytes != 0)
    return fci_view_refuse_bytes (view, "cut within a block");
  memcpy (blocks, shape, rank * sizeof *shape);
  blocks[rank - 1] = shape[rank - 1] / info->block_bytes * info->block;
  return fmtconv_view_bytes (fmtconv_view_reshape (view->encoded, rank, blocks));
}

/* Starts from the view before the first reshape, so that the way back is exact. */
fmtconv_view *
fmtconv_view_reshape (fmtconv_view *view, unsigned rank, const uint64_t *shape)
{
  uint64_t elements;
  uint64_t bytes;
  if (!view || fmtconv_ctx_failed (view->ctx)
      || !fci_shape_size_flat (view->ctx, view->dtype, rank, shape, &elements, &bytes))
    return NULL;
  if (elements != view->elements)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "%llu elements cannot take a shape of %llu elements",
                    (unsigned long long) view->elements, (unsigned long long) elements);
      return NULL;
    }
  fmtconv_view *base = view->base ? view->base : view;
  if (rank == view->rank && (rank == 0 || memcmp (shape, view->shape, rank * sizeof *shape) == 0))
    return view;
  if (rank == base->rank && (rank == 0 || memcmp (shape, base->shape, rank * sizeof *shape) == 0))
    return base;
  if (view->encoded)
    return reshape_bytes (view, rank, shape);
  if (fci_shape_is_flat (view->dtype, rank, shape))
    return fci_view_flatten (view, rank, shape);
  if (fci_is_blocks (view->dtype) && !fci_view_is_flat (view) && !check_rows (view, rank, shape))
    return NULL;
  return reshaped (base, rank, shape);
}
