/* core/view/lowrank.c: adds a multiple of the product of two narrow matrices to a matrix. A box stores the
 * positions of its rows of the left factor and its columns of the right one, axis by axis as for its own
 * elements, so that every move of elements moves the product too.
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

/* The operands of the sum. */
typedef struct sum
{
  fmtconv_view *view;
  fmtconv_view *factor[FCI_FACTORS]; /* [m, r] and [r, n] */
  double by;
} sum;

enum
{
  LEFT,
  RIGHT
};

static bool
check_types (const sum *s)
{
  fmtconv_view *const all[] = { s->view, s->factor[LEFT], s->factor[RIGHT] };
  for (unsigned i = 0; i < 3; i++)
    if (!fci_is_floating (all[i]->dtype))
      {
        fmtconv_fail (s->view->ctx, FMTCONV_E_USAGE, "a low-rank product cannot use elements of %s",
                      fmtconv_dtype_get (all[i]->dtype)->name);
        return false;
      }
  return true;
}

static bool
check_shapes (const sum *s)
{
  fmtconv_view *w = s->view, *b = s->factor[LEFT], *a = s->factor[RIGHT];
  if (w->rank != 2 || b->rank != 2 || a->rank != 2)
    {
      fmtconv_fail (w->ctx, FMTCONV_E_USAGE,
                    "a low-rank product needs matrices; its operands have %u, %u and %u dimensions", w->rank,
                    b->rank, a->rank);
      return false;
    }
  if (w->shape[0] == b->shape[0] && w->shape[1] == a->shape[1] && b->shape[1] == a->shape[0])
    return true;
  fmtconv_fail (w->ctx, FMTCONV_E_USAGE, "[%llu, %llu] times [%llu, %llu] cannot be added to [%llu, %llu]",
                (unsigned long long) b->shape[0], (unsigned long long) b->shape[1],
                (unsigned long long) a->shape[0], (unsigned long long) a->shape[1],
                (unsigned long long) w->shape[0], (unsigned long long) w->shape[1]);
  return false;
}

/* Checks that every box of a factor has the full summed axis and does not contain a product. */
static bool
check_boxes (fmtconv_view *factor, unsigned inner)
{
  const char *why = NULL;
  for (size_t i = 0; i < factor->n_boxes && !why; i++)
    if (fci_tracks (factor->boxes[i].ops))
      why = "already contains a product";
    else if (fci_is_blocks (factor->boxes[i].dtype))
      why = "is stored in blocks";
    else if (FCI_EXTENT (&factor->boxes[i], 2)[inner] != factor->shape[inner])
      why = "is concatenated from several tensors along its rank";
  if (!why)
    return true;
  fmtconv_fail_at (factor->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .hint = "convert it to a separate file first" },
                   "a factor of a low-rank product %s", why);
  return false;
}

static bool
check_count (fmtconv_view *view)
{
  if (fci_view_tracks (view) + FCI_FACTORS <= FCI_MAX_TRACKS)
    return true;
  fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "convert in two steps" },
                   "more than %d low-rank products are added to a tensor", (int) FCI_MAX_PRODUCTS);
  return false;
}

static fci_factor
factor_of (const fci_box *box, unsigned inner)
{
  return (fci_factor){
    .source = box->source, .ops = box->ops, .step = (uint64_t) FCI_STRIDE (box, 2)[inner], .dtype = box->dtype
  };
}

/* Returns the operation for a piece of the view; reuses `last` if it is the same. */
static const fci_op *
operation (const sum *s, const fci_op *before, const fci_box *left, const fci_box *right, const fci_op *last)
{
  const fci_product wanted = { .rank = s->factor[RIGHT]->shape[0],
                               .factor = { factor_of (left, 1), factor_of (right, 0) } };
  if (last && last->before == before && fci_product_order (last->product, &wanted) == 0)
    return last;
  fci_op *op = fci_new (s->view->ctx, fci_op);
  fci_product *product = fci_new (s->view->ctx, fci_product);
  if (!op || !product)
    return NULL;
  *product = wanted;
  *op = (fci_op){ .before = before,
                  .kind = FCI_OP_LOWRANK,
                  .tracks = fci_tracks (before) + FCI_FACTORS,
                  .factor = s->by,
                  .product = product };
  return op;
}

/* Returns whether the ranges of the piece and the box along `axis` overlap. */
static bool
meet (const fci_view_pieces *list, const fci_view_piece *piece, unsigned axis, const fci_box *box)
{
  uint64_t start = box->start[axis], end = start + FCI_EXTENT (box, 2)[axis];
  return piece->start[axis] < end && start < piece->start[axis] + FCI_PIECE_EXTENT (list, piece)[axis];
}

/* Sets the track of a factor whose box meets the piece along `axis`. */
static void
set_track (const fci_view_pieces *list, fci_view_piece *piece, unsigned t, unsigned axis, const fci_box *box)
{
  fci_track *track = FCI_PIECE_TRACK (list, piece, t);
  uint64_t step = (uint64_t) FCI_STRIDE (box, 2)[axis];
  track->at = box->offset + (piece->start[axis] - box->start[axis]) * step;
  track->block_stride[axis] = (fci_block_stride){ .step = step, .block = 1 };
  track->block_stride[!axis] = fci_no_block_stride;
}

/* Appends the part of piece i of `from` to which a box of each factor contributes. */
static bool
add_part (const sum *s, const fci_view_pieces *from, size_t i, const fci_box *left, const fci_box *right,
          fci_view_pieces *to)
{
  const fci_op *last = to->n ? fci_view_piece_at (to, to->n - 1)->ops : NULL;
  fci_view_piece *piece = fci_view_pieces_add (to, fci_view_piece_at (from, i));
  if (!piece)
    return false;
  fci_view_piece_clip (to, piece, 0, left->start[0], left->start[0] + FCI_EXTENT (left, 2)[0]);
  fci_view_piece_clip (to, piece, 1, right->start[1], right->start[1] + FCI_EXTENT (right, 2)[1]);
  unsigned t = fci_tracks (piece->ops);
  piece->ops = operation (s, piece->ops, left, right, last);
  if (!piece->ops)
    return false;
  set_track (to, piece, t, 0, left);
  set_track (to, piece, t + 1, 1, right);
  return true;
}

static bool
add_all (const sum *s, const fci_view_pieces *from, fci_view_pieces *to)
{
  fmtconv_view *b = s->factor[LEFT], *a = s->factor[RIGHT];
  for (size_t i = 0; i < from->n; i++)
    for (size_t k = 0; k < b->n_boxes; k++)
      for (size_t j = 0; j < a->n_boxes && meet (from, fci_view_piece_at (from, i), 0, &b->boxes[k]); j++)
        if (meet (from, fci_view_piece_at (from, i), 1, &a->boxes[j])
            && !add_part (s, from, i, &b->boxes[k], &a->boxes[j], to))
          return false;
  return true;
}

/* Makes the head of the sum, which uses both factors. */
static bool
take_head (const sum *s, fci_view_head *head)
{
  *head = fci_view_head_of (s->view);
  return fci_view_head_use (head, s->factor[LEFT]) && fci_view_head_use (head, s->factor[RIGHT]);
}

static fmtconv_view *
added (const sum *s)
{
  unsigned tracks = fci_view_tracks (s->view) + FCI_FACTORS;
  fci_view_head head;
  fci_view_pieces from = fci_view_pieces_new (s->view->ctx, 2, tracks);
  fci_view_pieces to = fci_view_pieces_new (s->view->ctx, 2, tracks);
  bool good = take_head (s, &head) && fci_view_pieces_add_view (&from, s->view) && add_all (s, &from, &to);
  fci_view_pieces_free (&from);
  if (good)
    return fci_view_freeze (&head, &to, false);
  fci_view_pieces_free (&to);
  return NULL;
}

/* Returns the view with only its origins extended: it has no elements, or nothing is summed. */
static fmtconv_view *
unchanged (const sum *s)
{
  fci_view_head head;
  fci_view_pieces list = fci_view_pieces_new (s->view->ctx, 2, fci_view_tracks (s->view));
  if (take_head (s, &head) && fci_view_pieces_add_view (&list, s->view))
    return fci_view_freeze (&head, &list, false);
  fci_view_pieces_free (&list);
  return NULL;
}

fmtconv_view *
fmtconv_view_lowrank (fmtconv_view *view, fmtconv_view *b, fmtconv_view *a, double factor)
{
  if (!fci_views_given ("fmtconv_view_lowrank", 3, (fmtconv_view *[]){ view, b, a }))
    return NULL;
  const sum s = { .view = view, .factor = { b, a }, .by = (float) factor };
  if (!check_types (&s) || !check_shapes (&s) || !check_boxes (b, 1) || !check_boxes (a, 0)
      || !check_count (view))
    return NULL;
  if (!isfinite (s.by))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "the factor %g does not fit in a 32-bit float", factor);
      return NULL;
    }
  return view->elements == 0 || a->shape[0] == 0 ? unchanged (&s) : added (&s);
}
