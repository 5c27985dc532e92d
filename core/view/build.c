/* core/view/build.c: the views that pieces are frozen to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/build.h"
#include "core/base/check.h"
#include "core/base/ctx.h"
#include "core/view/canon.h"
#include "core/view/pieces.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

bool
fci_shape_size (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape, uint64_t *elements,
                uint64_t *bytes)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  if (!info)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%u is no data type", (unsigned) dtype) == 0;
  if (rank > FMTCONV_MAX_RANK)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "%u dimensions are more than %d", rank, FMTCONV_MAX_RANK) == 0;
  if (rank > 0 && !shape)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "a tensor of %u dimensions needs a shape", rank) == 0;
  *elements = 1;
  bool fits = true;
  for (unsigned i = 0; i < rank; i++)
    if (shape[i] == 0)
      {
        *elements = *bytes = 0;
        return true;
      }
    else
      fits = fits && fci_mul (*elements, shape[i], elements);
  if (info->block != 1 && (rank == 0 || shape[rank - 1] % info->block != 0))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "%s is stored in blocks of %u, which do not divide rows of %llu", info->name,
                         (unsigned) info->block, rank ? (unsigned long long) shape[rank - 1] : 1)
           == 0;
  if (!fits || !fci_mul (*elements / info->block, info->block_bytes, bytes) || *bytes > INT64_MAX
      || *elements > INT64_MAX)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "a shape has more bytes than can be counted") == 0;
  return true;
}

fci_view_head
fci_view_like (fmtconv_view *view)
{
  return (fci_view_head){ .ctx = view->ctx,
                          .dtype = view->dtype,
                          .rank = view->rank,
                          .shape = view->shape,
                          .empties = view->empties,
                          .requirements = view->requirements };
}

/* Numbers of a box, or of a piece that is to become one. */
static size_t
numbers_of (const fci_op *ops, unsigned rank)
{
  return 3 * (size_t) rank + fci_tracks (ops) * FCI_TRACK_NUMBERS (rank);
}

/* One allocation holds the view, its shape, its boxes and their numbers. */
static struct fci_view *
allocate (fmtconv_ctx *ctx, unsigned rank, const fci_pieces *list)
{
  size_t n_boxes = list ? list->n : 0, numbers_in_all = rank;
  for (size_t i = 0; i < n_boxes; i++)
    numbers_in_all += numbers_of (fci_piece_at (list, i)->ops, rank);
  size_t size = sizeof (struct fci_view) + n_boxes * sizeof (fci_box) + numbers_in_all * sizeof (uint64_t);
  struct fci_view *view = fmtconv_ctx_alloc (ctx, 1, size);
  if (!view)
    return NULL;
  fci_box *boxes = (fci_box *) (view + 1);
  uint64_t *numbers = (uint64_t *) (boxes + n_boxes);
  view->ctx = ctx;
  view->rank = rank;
  view->n_boxes = n_boxes;
  view->boxes = boxes;
  view->shape = numbers;
  numbers += rank;
  for (size_t i = 0; i < n_boxes; i++)
    {
      boxes[i].start = numbers;
      numbers += numbers_of (fci_piece_at (list, i)->ops, rank);
    }
  return view;
}

static void
fill_box (fci_box *box, const fci_pieces *list, const fci_piece *piece, unsigned rank)
{
  box->source = piece->source;
  box->offset = piece->offset;
  box->ops = piece->ops;
  box->dtype = piece->dtype;
  box->origin = piece->origin;
  box->phase = piece->phase;
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    memcpy (FCI_TRACK (box, rank, t), FCI_P_TRACK (list, piece, t),
            FCI_TRACK_NUMBERS (rank) * sizeof (uint64_t));
  if (rank == 0)
    return;
  memcpy (box->start, piece->start, rank * sizeof (uint64_t));
  memcpy (FCI_EXTENT (box, rank), FCI_P_EXTENT (list, piece), rank * sizeof (uint64_t));
  memcpy (FCI_STRIDE (box, rank), FCI_P_STRIDE (list, piece), rank * sizeof (uint64_t));
}

static fmtconv_view *
freeze (const fci_view_head *head, fci_pieces *list, bool loose)
{
  uint64_t elements, bytes;
  if (fmtconv_ctx_failed (head->ctx)
      || !fci_shape_size (head->ctx, head->dtype, head->rank, head->shape, &elements, &bytes)
      || (list && !fci_pieces_canonical (list, head->rank, loose)))
    return NULL;
  struct fci_view *view = allocate (head->ctx, head->rank, list);
  if (!view)
    return NULL;
  view->dtype = head->dtype;
  view->elements = elements;
  view->empties = head->empties;
  view->requirements = head->requirements;
  view->base = head->base;
  if (head->rank > 0)
    memcpy ((uint64_t *) view->shape, head->shape, head->rank * sizeof (uint64_t));
  for (size_t i = 0; i < view->n_boxes; i++)
    fill_box ((fci_box *) &view->boxes[i], list, fci_piece_at (list, i), head->rank);
  return view;
}

fmtconv_view *
fci_view_freeze (const fci_view_head *head, fci_pieces *list, bool loose)
{
  fmtconv_view *view = freeze (head, list, loose);
  if (list)
    fci_pieces_free (list);
  return view;
}

fmtconv_view *
fci_view_again (const fci_view_head *head, fmtconv_view *view)
{
  fci_pieces list = fci_pieces_new (head->ctx, head->rank, fci_view_tracks (view));
  if (fci_pieces_take (&list, view))
    return fci_view_freeze (head, &list, false);
  fci_pieces_free (&list);
  return NULL;
}

const fci_empties *
fci_empties_join (fmtconv_ctx *ctx, const fci_empties *a, const fci_empties *b)
{
  if (!a || !b || a == b)
    return a ? a : b;
  fci_empties *both = fmtconv_ctx_alloc (ctx, 1, sizeof (fci_empties) + (a->n + b->n) * sizeof (uint32_t));
  if (!both)
    return NULL;
  for (size_t i = 0, j = 0; i < a->n || j < b->n;)
    {
      bool from_a = j == b->n || (i < a->n && a->origin[i] <= b->origin[j]);
      uint32_t next = from_a ? a->origin[i++] : b->origin[j++];
      if (both->n == 0 || both->origin[both->n - 1] != next)
        both->origin[both->n++] = next;
    }
  return both;
}
