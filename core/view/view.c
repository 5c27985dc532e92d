/* core/view/view.c: slices, concatenates and permutes views, and returns their properties.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/flat.h"
#include "core/view/given.h"
#include "core/view/pieces.h"
#include "core/view/require-equal.h"
#include "core/view/view.h"
#include <string.h>

/* Checks that the view has that axis. Returns false if not (recorded). */
static bool
check_axis (fmtconv_view *view, unsigned axis)
{
  if (axis < view->rank)
    return true;
  fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "a tensor of %u dimensions has no axis %u", view->rank, axis);
  return false;
}

/* Appends the pieces of a view that meet [start, end) of an axis, moved to start at 0. */
static bool
take_range (fci_view_pieces *list, fmtconv_view *view, unsigned axis, uint64_t start, uint64_t end)
{
  if (!fci_view_pieces_add_view (list, view))
    return false;
  size_t kept = 0;
  for (size_t i = 0; i < list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (list, i);
      if (piece->start[axis] >= end || piece->start[axis] + FCI_PIECE_EXTENT (list, piece)[axis] <= start)
        continue;
      fci_view_piece_clip (list, piece, axis, start, end);
      piece->start[axis] -= start;
      if (kept != i)
        memcpy (fci_view_piece_at (list, kept), piece, list->each);
      kept++;
    }
  list->n = kept;
  return true;
}

/* Slices the bytes of an encoding, along rows or between blocks. */
static fmtconv_view *
slice_bytes (fmtconv_view *view, unsigned axis, uint64_t start, uint64_t count)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->encoded->dtype);
  if (axis + 1 == view->rank)
    {
      if (start % info->block_bytes != 0 || count % info->block_bytes != 0)
        return fci_view_refuse_bytes (view, "cut within a block");
      start = start / info->block_bytes * info->block;
      count = count / info->block_bytes * info->block;
    }
  return fmtconv_view_bytes (fmtconv_view_slice (view->encoded, axis, start, count));
}

fmtconv_view *
fmtconv_view_slice (fmtconv_view *view, unsigned axis, uint64_t start, uint64_t count)
{
  if (!view || fmtconv_ctx_failed (view->ctx) || !check_axis (view, axis))
    return NULL;
  if (!fci_size_within (start, count, view->shape[axis]))
    {
      fmtconv_fail (
          view->ctx, FMTCONV_E_USAGE, "axis %u of size %llu does not have %llu indices from index %llu", axis,
          (unsigned long long) view->shape[axis], (unsigned long long) count, (unsigned long long) start);
      return NULL;
    }
  if (count == view->shape[axis])
    return view;
  if (view->encoded)
    return slice_bytes (view, axis, start, count);
  if (!fci_blocks_check (view, axis, start, "cut") || !fci_blocks_check (view, axis, start + count, "cut"))
    return NULL;
  uint64_t shape[FMTCONV_MAX_RANK];
  memcpy (shape, view->shape, view->rank * sizeof *shape);
  shape[axis] = count;
  fci_view_head head = fci_view_head_of (view);
  head.shape = shape;
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (count > 0 && !take_range (&list, view, axis, start, start + count))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  return fci_view_freeze (&head, &list, false);
}

fmtconv_view *
fmtconv_view_chunk (fmtconv_view *view, unsigned axis, uint64_t k, uint64_t n)
{
  if (!view || fmtconv_ctx_failed (view->ctx) || !check_axis (view, axis))
    return NULL;
  if (k >= n || view->shape[axis] % n != 0)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                    "axis %u of size %llu does not have a part %llu of %llu equal parts", axis,
                    (unsigned long long) view->shape[axis], (unsigned long long) k, (unsigned long long) n);
      return NULL;
    }
  uint64_t part = view->shape[axis] / n;
  return fmtconv_view_slice (view, axis, k * part, part);
}

/* Checks that `view` can follow `first` along the axis. Returns false if not (recorded). */
static bool
check_fits (fmtconv_view *first, fmtconv_view *view, unsigned axis)
{
  bool same = first->dtype == view->dtype && first->rank == view->rank;
  for (unsigned i = 0; same && i < first->rank; i++)
    same = i == axis || first->shape[i] == view->shape[i];
  if (same)
    return true;
  fmtconv_fail (first->ctx, FMTCONV_E_USAGE,
                "tensors of different data types or shapes cannot be joined along axis %u", axis);
  return false;
}

/* Concatenates encoded views by concatenating their sources. */
static fmtconv_view *
concat_bytes (unsigned axis, size_t n, fmtconv_view *const *views, const fci_view_head *head)
{
  fmtconv_view **encoded = fmtconv_ctx_alloc (head->ctx, n, sizeof *encoded);
  for (size_t k = 0; encoded && k < n; k++)
    {
      if (!views[k]->encoded || views[k]->encoded->dtype != views[0]->encoded->dtype)
        return fci_view_refuse_bytes (views[k]->encoded ? views[k] : views[0], "joined with other bytes");
      encoded[k] = views[k]->encoded;
    }
  return encoded ? fmtconv_view_bytes (fmtconv_view_concat (axis, n, encoded)) : NULL;
}

/* Returns whether one of the views is the bytes of an encoding. */
static bool
has_encoded (size_t n, fmtconv_view *const *views)
{
  for (size_t k = 0; k < n; k++)
    if (views[k]->encoded)
      return true;
  return false;
}

/* Appends the pieces of all views, one after the other. */
static bool
take_all (fci_view_pieces *list, unsigned axis, size_t n, fmtconv_view *const *views)
{
  uint64_t at = 0;
  for (size_t k = 0; k < n; k++)
    {
      size_t first = list->n;
      if (!fci_view_pieces_add_view (list, views[k]))
        return false;
      for (size_t i = first; i < list->n; i++)
        fci_view_piece_at (list, i)->start[axis] += at;
      at += views[k]->shape[axis];
    }
  return true;
}

/* Computes shape and origins of the concatenation. Returns false if the views do not fit (recorded). */
static bool
check_concat (unsigned axis, size_t n, fmtconv_view *const *views, uint64_t *shape, fci_view_head *head)
{
  fmtconv_view *first = views[0];
  if (!check_axis (first, axis))
    return false;
  memcpy (shape, first->shape, first->rank * sizeof *shape);
  for (size_t k = 1; k < n; k++)
    {
      if (!check_fits (first, views[k], axis) || !fci_blocks_check (views[k], axis, 0, "joined"))
        return false;
      if (!fci_size_add (shape[axis], views[k]->shape[axis], &shape[axis]))
        {
          fmtconv_fail (first->ctx, FMTCONV_E_LIMIT, "axis %u becomes too long", axis);
          return false;
        }
      head->extra_origins = fci_extra_origins_join (first->ctx, head->extra_origins, views[k]->extra_origins);
      head->requirements = fci_requirements_join (first->ctx, head->requirements, views[k]->requirements);
    }
  head->shape = shape;
  return true;
}

fmtconv_view *
fmtconv_view_concat (unsigned axis, size_t n, fmtconv_view *const *views)
{
  if (!fci_views_given ("fmtconv_view_concat", n, views))
    return NULL;
  uint64_t shape[FMTCONV_MAX_RANK];
  fci_view_head head = fci_view_head_of (views[0]);
  if (!check_concat (axis, n, views, shape, &head))
    return NULL;
  if (n == 1)
    return views[0];
  if (!fci_blocks_check (views[0], axis, 0, "joined"))
    return NULL;
  if (has_encoded (n, views))
    return concat_bytes (axis, n, views, &head);
  unsigned tracks = 0;
  for (size_t k = 0; k < n; k++)
    if (fci_view_tracks (views[k]) > tracks)
      tracks = fci_view_tracks (views[k]);
  fci_view_pieces list = fci_view_pieces_new (head.ctx, head.rank, tracks);
  if (!take_all (&list, axis, n, views))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  return fci_view_freeze (&head, &list, false);
}

/* Checks that `axes` names each axis once; *same: in unchanged order. */
static bool
check_axes (fmtconv_view *view, const unsigned *axes, bool *same)
{
  unsigned seen = 0;
  *same = true;
  for (unsigned i = 0; i < view->rank; i++)
    {
      if (axes[i] >= view->rank || (seen & 1u << axes[i]))
        {
          fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "a permutation must name each of %u axes once",
                        view->rank);
          return false;
        }
      seen |= 1u << axes[i];
      *same = *same && axes[i] == i;
    }
  return true;
}

static void
permuted (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank, const unsigned *axes)
{
  uint64_t old[3 * FMTCONV_MAX_RANK];
  memcpy (old, piece->start, 3 * rank * sizeof *old);
  for (unsigned i = 0; i < rank; i++)
    {
      piece->start[i] = old[axes[i]];
      FCI_PIECE_EXTENT (list, piece)[i] = old[rank + axes[i]];
      FCI_PIECE_STRIDE (list, piece)[i] = (int64_t) old[2 * rank + axes[i]];
    }
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    {
      fci_block_stride *block_stride = FCI_PIECE_TRACK (list, piece, t)->block_stride,
                       before[FMTCONV_MAX_RANK];
      memcpy (before, block_stride, rank * sizeof *block_stride);
      for (unsigned i = 0; i < rank; i++)
        block_stride[i] = before[axes[i]];
    }
}

fmtconv_view *
fmtconv_view_permute (fmtconv_view *view, const unsigned *axes)
{
  bool same;
  if (!view || fmtconv_ctx_failed (view->ctx) || !check_axes (view, axes, &same))
    return NULL;
  if (same)
    return view;
  if (fci_is_blocks (view->dtype) && fci_view_is_flat (view) && !fci_flat_refuse (view, "permuted"))
    return NULL;
  if ((view->encoded || fci_is_blocks (view->dtype)) && axes[view->rank - 1] != view->rank - 1)
    {
      fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "dequantize it first" },
                       "the last axis of a tensor stored in blocks must stay last");
      return NULL;
    }
  if (view->encoded)
    return fmtconv_view_bytes (fmtconv_view_permute (view->encoded, axes));
  uint64_t shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < view->rank; i++)
    shape[i] = view->shape[axes[i]];
  fci_view_head head = fci_view_head_of (view);
  head.shape = shape;
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (!fci_view_pieces_add_view (&list, view))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  for (size_t i = 0; i < list.n; i++)
    permuted (&list, fci_view_piece_at (&list, i), view->rank, axes);
  return fci_view_freeze (&head, &list, false);
}

uint32_t
fmtconv_view_dtype (fmtconv_view *view)
{
  return view ? view->dtype : 0;
}

unsigned
fmtconv_view_rank (fmtconv_view *view)
{
  return view ? view->rank : 0;
}

const uint64_t *
fmtconv_view_shape (fmtconv_view *view)
{
  return view ? view->shape : NULL;
}
