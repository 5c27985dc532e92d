/* core/view/canon.c: the canonical form of a view's pieces.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two neighbors along an axis are linked if they agree in source, type, operations, origin and all
 * strides, and the second begins where the first would go on; the same for every factor.  Being linked is a property of elements,
 * not of the pieces at hand.  The form is: along the last axis the longest linked rows; along each axis
 * before it the longest chains of equal pieces that are linked.  So the way a view was made does not
 * show.  Pieces are cut at each other's borders on the way there; where that would be too many, only
 * equal neighbors are put together, which is exact too. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/sort.h"
#include "core/view/canon.h"
#include "core/view/order.h"
#include "core/view/pieces.h"
#include "core/view/place.h"
#include <stdlib.h>
#include <string.h>

typedef struct job
{
  unsigned rank;
  unsigned axis; /* sorting: by starts from this axis on, then by the start on `last` */
  unsigned last;
  bool loose;
} job;

static int
compare_starts (const void *left, const void *right, void *arg)
{
  const job *j = arg;
  const fci_view_piece *a = left;
  const fci_view_piece *b = right;
  for (unsigned i = j->axis; i < j->rank; i++)
    if (i != j->last && a->start[i] != b->start[i])
      return a->start[i] < b->start[i] ? -1 : 1;
  if (j->last < j->rank && a->start[j->last] != b->start[j->last])
    return a->start[j->last] < b->start[j->last] ? -1 : 1;
  return 0;
}

/* Sorts pieces from `first` on by their starts on `axis` and later axes, with axis `last` (or none) at the
 * end. */
static void
sort (fci_view_pieces *list, size_t first, unsigned rank, unsigned axis, unsigned last)
{
  job j = { .rank = rank, .axis = axis, .last = last };
  for (size_t i = first + 1; i < list->n; i++)
    if (compare_starts (fci_view_piece_at (list, i - 1), fci_view_piece_at (list, i), &j) > 0)
      {
        fci_sort (fci_view_piece_at (list, first), list->n - first, list->each, compare_starts, &j);
        return;
      }
}

/* Returns the distance from a's first element to b's, in stride units; negative: b is before a, or the
 * distance is not an integer. */
static int64_t
distance (const fci_view_piece *a, const fci_view_piece *b)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (a->dtype);
  const int64_t bytes = (int64_t) (b->offset - a->offset);
  if (info->block == 1)
    return bytes;
  if (bytes % (int64_t) info->block_bytes != 0)
    return -1;
  return bytes / (int64_t) info->block_bytes * (int64_t) info->block
         + ((int64_t) b->phase - (int64_t) a->phase);
}

/* Returns whether b's first element is `by` after a's. */
static bool
follows (const fci_view_piece *a, const fci_view_piece *b, uint64_t by)
{
  uint64_t offset = a->offset;
  uint32_t phase = a->phase;
  fci_leaf_offset_move (a->dtype, &offset, &phase, by);
  return b->offset == offset && b->phase == phase;
}

static bool
same_block_stride (const fci_block_stride *a, const fci_block_stride *b)
{
  return a->step == b->step && a->block == b->block && a->phase == b->phase;
}

/* Returns the block stride along `axis` that factor `t` of two joined pieces would have. */
static fci_block_stride
joined_block_stride (const fci_view_pieces *list, const fci_view_piece *a, const fci_view_piece *b,
                     unsigned axis, bool loose, unsigned t)
{
  const fci_track *track_a = FCI_PIECE_TRACK (list, a, t), *track_b = FCI_PIECE_TRACK (list, b, t);
  fci_block_stride block_stride = track_b->block_stride[axis];
  if (!loose || FCI_PIECE_EXTENT (list, a)[axis] > 1)
    return track_a->block_stride[axis];
  if (FCI_PIECE_EXTENT (list, b)[axis] == 1)
    return (fci_block_stride){ .step = track_b->at - track_a->at, .block = 1 };
  block_stride.phase = (block_stride.phase + block_stride.block - 1) % block_stride.block;
  return block_stride;
}

/* Returns whether factor `t` of the second piece continues that of the first along `axis`. */
static bool
track_linked (const fci_view_pieces *list, const fci_view_piece *a, const fci_view_piece *b, unsigned rank,
              unsigned axis, bool loose, unsigned t)
{
  const uint64_t *extent_a = FCI_PIECE_EXTENT (list, a);
  const fci_track *track_a = FCI_PIECE_TRACK (list, a, t), *track_b = FCI_PIECE_TRACK (list, b, t);
  for (unsigned i = 0; i < rank; i++)
    if (i != axis && !same_block_stride (&track_a->block_stride[i], &track_b->block_stride[i])
        && !(loose && extent_a[i] == 1))
      return false;
  const bool free_b = loose && FCI_PIECE_EXTENT (list, b)[axis] == 1;
  fci_block_stride block_stride = joined_block_stride (list, a, b, axis, loose, t);
  uint64_t at = track_a->at;
  if (block_stride.step > INT64_MAX)
    return false;
  fci_block_stride_move (&block_stride, &at, extent_a[axis]);
  return track_b->at == at && (free_b || same_block_stride (&block_stride, &track_b->block_stride[axis]));
}

/* Returns whether the pieces, with equal start and extent except along `axis`, are linked; *step: the
 * stride along it. */
static bool
linked (const fci_view_pieces *list, const fci_view_piece *a, const fci_view_piece *b, unsigned rank,
        unsigned axis, bool loose, int64_t *step)
{
  const uint64_t *extent_a = FCI_PIECE_EXTENT (list, a);
  const uint64_t *extent_b = FCI_PIECE_EXTENT (list, b);
  const int64_t *stride_a = FCI_PIECE_STRIDE (list, a);
  const int64_t *stride_b = FCI_PIECE_STRIDE (list, b);
  if (a->source != b->source || a->dtype != b->dtype || a->origin != b->origin
      || a->start[axis] + extent_a[axis] != b->start[axis] || !fci_ops_equal (a->ops, b->ops))
    return false;
  for (unsigned i = 0; i < rank; i++)
    if (i != axis
        && (a->start[i] != b->start[i] || extent_a[i] != extent_b[i]
            || (stride_a[i] != stride_b[i] && !(loose && extent_a[i] == 1))))
      return false;
  for (unsigned t = 0; t < fci_tracks (a->ops); t++)
    if (!track_linked (list, a, b, rank, axis, loose, t))
      return false;
  bool free_a = loose && extent_a[axis] == 1;
  bool free_b = loose && extent_b[axis] == 1;
  *step = !free_a ? stride_a[axis] : !free_b ? stride_b[axis] : distance (a, b);
  return *step >= 0 && (free_b || stride_b[axis] == *step)
         && follows (a, b, extent_a[axis] * (uint64_t) *step);
}

/* Joins b to the end of a, to which it is linked. */
static void
join (const fci_view_pieces *list, fci_view_piece *a, const fci_view_piece *b, unsigned axis, bool loose,
      int64_t step)
{
  for (unsigned t = 0; t < fci_tracks (a->ops); t++)
    FCI_PIECE_TRACK (list, a, t)->block_stride[axis] = joined_block_stride (list, a, b, axis, loose, t);
  FCI_PIECE_EXTENT (list, a)[axis] += FCI_PIECE_EXTENT (list, b)[axis];
  FCI_PIECE_STRIDE (list, a)[axis] = step;
}

/* Joins linked neighbors among the pieces from `first` on, which are sorted with `axis` last. */
static void
join_neighbors (fci_view_pieces *list, size_t first, unsigned rank, unsigned axis, bool loose)
{
  size_t kept = first;
  int64_t step;
  for (size_t i = first + 1; i < list->n; i++)
    {
      fci_view_piece *a = fci_view_piece_at (list, kept);
      const fci_view_piece *b = fci_view_piece_at (list, i);
      if (linked (list, a, b, rank, axis, loose, &step))
        join (list, a, b, axis, loose, step);
      else if (++kept != i)
        memcpy (fci_view_piece_at (list, kept), b, list->each);
    }
  list->n = kept + 1;
}

static bool
append_all (fci_view_pieces *out, const fci_view_pieces *in)
{
  for (size_t i = 0; i < in->n; i++)
    if (!fci_view_pieces_add (out, fci_view_piece_at (in, i)))
      return false;
  return true;
}

/* Joins equal neighbors only, axis by axis. */
static bool
put_together (const fci_view_pieces *in, fci_view_pieces *out, const job *j)
{
  size_t first = out->n;
  if (!append_all (out, in))
    return false;
  for (unsigned axis = j->rank; axis-- > j->axis;)
    {
      sort (out, first, j->rank, j->axis, axis);
      join_neighbors (out, first, j->rank, axis, j->loose);
    }
  sort (out, first, j->rank, j->axis, j->rank);
  return true;
}

static int
compare_numbers (const void *left, const void *right)
{
  const uint64_t *a = left;
  const uint64_t *b = right;
  return (*a > *b) - (*a < *b);
}

/* Returns the distinct starts and ends along the axis, ascending, on the heap. */
static uint64_t *
borders_of (const fci_view_pieces *in, unsigned axis, size_t *n)
{
  uint64_t *borders = malloc (2 * in->n * sizeof (uint64_t));
  if (!borders)
    return fci_nomem (in->ctx);
  for (size_t i = 0; i < in->n; i++)
    {
      const fci_view_piece *piece = fci_view_piece_at (in, i);
      borders[2 * i] = piece->start[axis];
      borders[2 * i + 1] = piece->start[axis] + FCI_PIECE_EXTENT (in, piece)[axis];
    }
  qsort (borders, 2 * in->n, sizeof (uint64_t), compare_numbers);
  size_t kept = 0;
  for (size_t i = 1; i < 2 * in->n; i++)
    if (borders[i] != borders[kept])
      borders[++kept] = borders[i];
  *n = kept + 1;
  return borders;
}

static size_t
position (const uint64_t *borders, size_t n, uint64_t value)
{
  const uint64_t *at = bsearch (&value, borders, n, sizeof (uint64_t), compare_numbers);
  return at ? (size_t) (at - borders) : n;
}

/* Returns whether cutting all pieces at all borders gives an acceptable number. */
static bool
may_cut (const fci_view_pieces *in, unsigned axis, const uint64_t *borders, size_t n)
{
  const size_t most = 4 * in->n + 4096;
  size_t total = 0;
  for (size_t i = 0; i < in->n && total <= most; i++)
    {
      const fci_view_piece *piece = fci_view_piece_at (in, i);
      size_t from = position (borders, n, piece->start[axis]);
      total += position (borders, n, piece->start[axis] + FCI_PIECE_EXTENT (in, piece)[axis]) - from;
    }
  return total <= most;
}

static bool canonical (const fci_view_pieces *in, fci_view_pieces *out, const job *j);

/* Appends the canonical form between two borders; in is sorted by start along the axis, and `live` lists
 * the pieces that meet the slab. */
static bool
slab (const fci_view_pieces *in, const size_t *live, size_t n_live, uint64_t from, uint64_t to,
      fci_view_pieces *out, const job *j)
{
  fci_view_pieces cut = fci_view_pieces_new (in->ctx, in->cap, in->tracks);
  job inner = *j;
  inner.axis++;
  bool good = true;
  for (size_t i = 0; good && i < n_live; i++)
    {
      fci_view_piece *piece = fci_view_pieces_add (&cut, fci_view_piece_at (in, live[i]));
      good = piece != NULL;
      if (good)
        fci_view_piece_clip (&cut, piece, j->axis, from, to);
    }
  if (good)
    sort (&cut, 0, j->rank, inner.axis, j->rank);
  good = good && canonical (&cut, out, &inner);
  fci_view_pieces_free (&cut);
  return good;
}

/* Extends pieces of the previous slab (`open`) by those of this one; moves pieces that do not continue to
 * `done`. */
static bool
chain (fci_view_pieces *open, fci_view_pieces *next, fci_view_pieces *done, const job *j)
{
  const job inner = { .rank = j->rank, .axis = j->axis + 1, .last = j->rank };
  size_t k = 0;
  int64_t step;
  for (size_t i = 0; i < open->n; i++)
    {
      fci_view_piece *a = fci_view_piece_at (open, i);
      while (k < next->n && compare_starts (fci_view_piece_at (next, k), a, (void *) &inner) < 0)
        k++;
      fci_view_piece *b = k < next->n ? fci_view_piece_at (next, k) : NULL;
      if (b && linked (open, a, b, j->rank, j->axis, j->loose, &step))
        {
          join (open, a, b, j->axis, j->loose, step);
          memcpy (b, a, open->each);
        }
      else if (!fci_view_pieces_add (done, a))
        return false;
    }
  return true;
}

/* Processes all slabs, each chained to the previous one. */
static bool
slabs (const fci_view_pieces *in, const uint64_t *borders, size_t n_borders, size_t *live,
       fci_view_pieces *out, const job *j)
{
  fci_view_pieces open = fci_view_pieces_new (in->ctx, in->cap, in->tracks);
  size_t first = out->n;
  size_t n_live = 0;
  size_t coming = 0;
  bool good = true;
  for (size_t s = 0; good && s + 1 < n_borders; s++)
    {
      size_t kept = 0;
      for (size_t i = 0; i < n_live; i++)
        {
          const fci_view_piece *piece = fci_view_piece_at (in, live[i]);
          if (piece->start[j->axis] + FCI_PIECE_EXTENT (in, piece)[j->axis] > borders[s])
            live[kept++] = live[i];
        }
      n_live = kept;
      while (coming < in->n && fci_view_piece_at (in, coming)->start[j->axis] == borders[s])
        live[n_live++] = coming++;
      fci_view_pieces next = fci_view_pieces_new (in->ctx, in->cap, in->tracks);
      good = slab (in, live, n_live, borders[s], borders[s + 1], &next, j) && chain (&open, &next, out, j);
      fci_view_pieces_free (&open);
      open = next;
    }
  good = good && append_all (out, &open);
  fci_view_pieces_free (&open);
  sort (out, first, j->rank, j->axis, j->rank);
  return good;
}

/* Cuts along the axis if there are borders inside. */
static bool
across (const fci_view_pieces *in, const uint64_t *borders, size_t n_borders, fci_view_pieces *out,
        const job *j)
{
  if (n_borders == 2)
    {
      job inner = *j;
      inner.axis++;
      return canonical (in, out, &inner);
    }
  if (!may_cut (in, j->axis, borders, n_borders))
    return put_together (in, out, j);
  size_t *live = malloc (in->n * sizeof (size_t));
  if (!live)
    {
      fci_nomem (in->ctx);
      return false;
    }
  bool good = slabs (in, borders, n_borders, live, out, j);
  free (live);
  return good;
}

/* Appends the canonical form of `in`, whose pieces agree along all axes before j->axis and are sorted by
 * the others. */
static bool
canonical (const fci_view_pieces *in, fci_view_pieces *out, const job *j)
{
  if (in->n <= 1 || j->axis + 1 >= j->rank)
    {
      size_t first = out->n;
      bool good = append_all (out, in);
      if (good && in->n > 1)
        join_neighbors (out, first, j->rank, j->axis, j->loose);
      return good;
    }
  size_t n_borders = 0;
  uint64_t *borders = borders_of (in, j->axis, &n_borders);
  bool good = borders && across (in, borders, n_borders, out, j);
  free (borders);
  return good;
}

bool
fci_view_pieces_normalize (fci_view_pieces *list, unsigned rank, bool loose)
{
  if (list->n > 1)
    {
      const job j = { .rank = rank, .last = rank, .loose = loose };
      fci_view_pieces out = fci_view_pieces_new (list->ctx, list->cap, list->tracks);
      sort (list, 0, rank, 0, rank);
      if (!canonical (list, &out, &j))
        {
          fci_view_pieces_free (&out);
          return false;
        }
      fci_view_pieces_free (list);
      *list = out;
    }
  for (size_t i = 0; loose && i < list->n; i++)
    fci_view_piece_dense_ones (list, fci_view_piece_at (list, i), rank);
  return true;
}
