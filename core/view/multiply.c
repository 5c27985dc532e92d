/* core/view/multiply.c: multiplies or divides a view by factors of single elements, rows or blocks, or
 * adds a multiple of another view. A box stores the positions of its factors axis by axis, and how many
 * indices share one, so that every move of elements moves their factors too, and a matrix with a factor
 * for each block is still one box.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/view/build.h"
#include "core/view/given.h"
#include "core/view/ops.h"
#include "core/view/order.h"
#include "core/view/pieces.h"
#include "core/view/require-equal.h"
#include <math.h>
#include <string.h>

/* The operands. An ADD has a factor for every element: the addend. */
typedef struct scaling
{
  fmtconv_view *view;
  fmtconv_view *factors;
  fci_op_kind kind;
  float times; /* ADD */
  bool single; /* one factor for all elements */
  uint64_t block[FMTCONV_MAX_RANK];
} scaling;

static bool
check_types (const scaling *s)
{
  fmtconv_view *const all[] = { s->view, s->factors };
  for (unsigned i = 0; i < 2; i++)
    if (!fci_is_floating (all[i]->dtype))
      {
        fmtconv_fail (s->view->ctx, FMTCONV_E_USAGE, "elements of %s cannot be %s",
                      fmtconv_dtype_get (all[i]->dtype)->name,
                      s->kind == FCI_OP_ADD ? "added" : "multiplied");
        return false;
      }
  return true;
}

/* Returns whether the factors' own operations have constant factors, and none of those has factors. */
static bool
is_simple (const fci_box *box, unsigned rank)
{
  for (const fci_op *op = box->ops; op; op = op->before)
    if (op->product || (op->by && fci_tracks (op->by->ops)))
      return false;
  for (unsigned t = 0; t < fci_tracks (box->ops); t++)
    for (unsigned i = 0; i < rank; i++)
      if (FCI_TRACK (box, rank, t)->block_stride[i].step && FCI_EXTENT (box, rank)[i] > 1)
        return false;
  return true;
}

static bool
has_product (const fci_op *op)
{
  for (; op; op = op->before)
    if (op->product || (op->by && has_product (op->by->ops)))
      return true;
  return false;
}

static bool
check_boxes (const scaling *s)
{
  fmtconv_view *factors = s->factors;
  const char *why = NULL;
  if (fci_view_tracks (s->view) + 1 + fci_view_tracks (factors) > FCI_MAX_TRACKS)
    why = "exceeds the number of factors that a tensor can have";
  for (size_t i = 0; i < factors->n_boxes && !why; i++)
    if (fci_is_blocks (factors->boxes[i].dtype))
      why = "is stored in blocks";
    else if (s->kind == FCI_OP_ADD && has_product (factors->boxes[i].ops))
      why = "contains a low-rank product";
    else if (s->kind != FCI_OP_ADD && !is_simple (&factors->boxes[i], factors->rank))
      why = "already contains factors that vary";
  if (!why)
    return true;
  fmtconv_fail_at (factors->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .hint = "convert it to a separate file first" },
                   "a factor of a tensor %s", why);
  return false;
}

/* Returns the number of indices of an axis that share a factor; 0: the shapes do not fit. */
static uint64_t
block_of (uint64_t shape, uint64_t factors, uint64_t wanted)
{
  if (factors == 1)
    return shape ? shape : 1;
  if (wanted)
    return shape / wanted + (shape % wanted != 0) == factors ? wanted : 0;
  return factors && shape % factors == 0 ? shape / factors : 0;
}

static bool
fail_shape (const scaling *s, unsigned axis, uint64_t wanted)
{
  fmtconv_view *view = s->view, *factors = s->factors;
  if (view->rank != factors->rank)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                    "factors of %u dimensions do not fit a tensor of %u: give one factor, or the same "
                    "number of dimensions",
                    factors->rank, view->rank);
      return false;
    }
  if (wanted)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                    "axis %u of size %llu in blocks of %llu does not match %llu factors", axis,
                    (unsigned long long) view->shape[axis], (unsigned long long) wanted,
                    (unsigned long long) factors->shape[axis]);
      return false;
    }
  fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                "%llu factors do not divide axis %u of size %llu into equal blocks",
                (unsigned long long) factors->shape[axis], axis, (unsigned long long) view->shape[axis]);
  return false;
}

static bool
take_blocks (scaling *s, const uint64_t *block)
{
  fmtconv_view *view = s->view, *factors = s->factors;
  s->single = factors->elements == 1;
  if (s->single)
    return true;
  if (view->rank != factors->rank)
    return fail_shape (s, 0, 0);
  for (unsigned i = 0; i < view->rank; i++)
    if (!(s->block[i] = block_of (view->shape[i], factors->shape[i], block ? block[i] : 0)))
      return fail_shape (s, i, block ? block[i] : 0);
  return true;
}

/* Returns the operation for a piece of the view; reuses `last` if it is the same. */
static const fci_op *
operation (const scaling *s, const fci_op *before, const fci_box *box, const fci_op *last)
{
  const fci_factor wanted = { .source = box->source, .ops = box->ops, .dtype = box->dtype };
  if (last && last->before == before && fci_factor_order (last->by, &wanted) == 0)
    return last;
  fci_op *op = fci_new (s->view->ctx, fci_op);
  fci_factor *by = fci_new (s->view->ctx, fci_factor);
  if (!op || !by)
    return NULL;
  *by = wanted;
  *op = (fci_op){ .before = before,
                  .kind = s->kind,
                  .tracks = fci_tracks (before) + 1 + fci_tracks (box->ops),
                  .factor = s->times,
                  .by = by };
  return op;
}

/* Returns the range of indices of the view's `axis` whose factors are in the box. */
static void
range_of (const scaling *s, const fci_box *box, unsigned axis, uint64_t *start, uint64_t *end)
{
  const uint64_t shape = s->view->shape[axis];
  *start = 0;
  *end = shape;
  if (s->single)
    return;
  const uint64_t last = box->start[axis] + FCI_EXTENT (box, s->factors->rank)[axis];
  *start = box->start[axis] * s->block[axis];
  *end = last == s->factors->shape[axis] ? shape : last * s->block[axis];
}

static bool
meets (const scaling *s, const fci_view_pieces *list, const fci_view_piece *piece, const fci_box *box)
{
  for (unsigned i = 0; i < s->view->rank; i++)
    {
      uint64_t start, end;
      range_of (s, box, i, &start, &end);
      if (piece->start[i] >= end || start >= piece->start[i] + FCI_PIECE_EXTENT (list, piece)[i])
        return false;
    }
  return true;
}

/* Sets the tracks of the factors' own operations for a piece inside the box's range. */
static void
set_inner_tracks (const scaling *s, const fci_view_pieces *list, fci_view_piece *piece, unsigned t,
                  const fci_box *box)
{
  const unsigned rank = s->factors->rank;
  for (unsigned k = 0; k < fci_tracks (box->ops); k++)
    {
      const fci_track *from = FCI_TRACK (box, rank, k);
      fci_track *track = FCI_PIECE_TRACK (list, piece, t + k);
      track->at = from->at;
      for (unsigned i = 0; i < s->view->rank; i++)
        track->block_stride[i] = s->kind == FCI_OP_ADD ? from->block_stride[i] : fci_no_block_stride;
      for (unsigned i = 0; i < s->view->rank && s->kind == FCI_OP_ADD; i++)
        fci_block_stride_move (&track->block_stride[i], &track->at, piece->start[i] - box->start[i]);
    }
}

/* Sets the track of the box's factors for a piece inside its range. */
static void
set_track (const scaling *s, const fci_view_pieces *list, fci_view_piece *piece, unsigned t,
           const fci_box *box)
{
  fci_track *track = FCI_PIECE_TRACK (list, piece, t);
  track->at = box->offset;
  for (unsigned i = 0; i < s->view->rank; i++)
    {
      fci_block_stride *block_stride = &track->block_stride[i];
      uint64_t start, end;
      *block_stride = fci_no_block_stride;
      if ((s->kind != FCI_OP_ADD && (s->single || s->factors->shape[i] == 1))
          || FCI_STRIDE (box, s->factors->rank)[i] == 0)
        continue;
      range_of (s, box, i, &start, &end);
      block_stride->step = (uint64_t) FCI_STRIDE (box, s->factors->rank)[i];
      block_stride->block = s->block[i];
      fci_block_stride_move (block_stride, &track->at, piece->start[i] - start);
    }
  set_inner_tracks (s, list, piece, t + 1, box);
}

/* Appends the part of piece i of `from` whose factors are in the box. */
static bool
add_part (const scaling *s, const fci_view_pieces *from, size_t i, const fci_box *box, fci_view_pieces *to)
{
  const fci_op *last = to->n ? fci_view_piece_at (to, to->n - 1)->ops : NULL;
  fci_view_piece *piece = fci_view_pieces_add (to, fci_view_piece_at (from, i));
  if (!piece)
    return false;
  for (unsigned axis = 0; axis < s->view->rank; axis++)
    {
      uint64_t start, end;
      range_of (s, box, axis, &start, &end);
      fci_view_piece_clip (to, piece, axis, start, end);
    }
  const unsigned t = fci_tracks (piece->ops);
  piece->ops = operation (s, piece->ops, box, last);
  if (!piece->ops)
    return false;
  set_track (s, to, piece, t, box);
  return true;
}

static bool
add_all (const scaling *s, const fci_view_pieces *from, fci_view_pieces *to)
{
  for (size_t i = 0; i < from->n; i++)
    for (size_t k = 0; k < s->factors->n_boxes; k++)
      if (meets (s, from, fci_view_piece_at (from, i), &s->factors->boxes[k])
          && !add_part (s, from, i, &s->factors->boxes[k], to))
        return false;
  return true;
}

static fmtconv_view *
scaled (const scaling *s)
{
  const unsigned tracks = fci_view_tracks (s->view) + 1 + fci_view_tracks (s->factors);
  fci_view_head head = fci_view_head_of (s->view);
  fci_view_pieces from = fci_view_pieces_new (s->view->ctx, s->view->rank, tracks);
  fci_view_pieces to = fci_view_pieces_new (s->view->ctx, s->view->rank, tracks);
  bool good = fci_view_head_use (&head, s->factors) && fci_view_pieces_add_view (&from, s->view)
              && add_all (s, &from, &to);
  fci_view_pieces_free (&from);
  if (good)
    return fci_view_freeze (&head, &to, false);
  fci_view_pieces_free (&to);
  return NULL;
}

static fmtconv_view *
scale_by (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block, fci_op_kind kind)
{
  const char *call = kind == FCI_OP_DIVIDE ? "fmtconv_view_divide" : "fmtconv_view_multiply";
  if (!fci_views_given (call, 2, (fmtconv_view *[]){ view, factors }))
    return NULL;
  scaling s = { .view = view, .factors = factors, .kind = kind };
  if (!check_types (&s) || !take_blocks (&s, block) || !check_boxes (&s))
    return NULL;
  return scaled (&s);
}

fmtconv_view *
fmtconv_view_multiply (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block)
{
  return scale_by (view, factors, block, FCI_OP_MULTIPLY);
}

fmtconv_view *
fmtconv_view_divide (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block)
{
  return scale_by (view, factors, block, FCI_OP_DIVIDE);
}

static bool
check_addend (const scaling *s, double factor)
{
  bool same = s->view->rank == s->factors->rank;
  for (unsigned i = 0; same && i < s->view->rank; i++)
    same = s->view->shape[i] == s->factors->shape[i];
  if (!same)
    fmtconv_fail (s->view->ctx, FMTCONV_E_USAGE, "tensors of different shapes cannot be added");
  else if (!isfinite (s->times))
    fmtconv_fail (s->view->ctx, FMTCONV_E_USAGE, "the factor %g does not fit in a 32-bit float", factor);
  else
    return check_types (s) && check_boxes (s);
  return false;
}

fmtconv_view *
fmtconv_view_add (fmtconv_view *view, fmtconv_view *other, double factor)
{
  if (!fci_views_given ("fmtconv_view_add", 2, (fmtconv_view *[]){ view, other }))
    return NULL;
  scaling s = { .view = view, .factors = other, .kind = FCI_OP_ADD, .times = (float) factor };
  for (unsigned i = 0; i < view->rank; i++)
    s.block[i] = 1;
  return check_addend (&s, factor) ? scaled (&s) : NULL;
}
