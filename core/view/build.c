/* core/view/build.c: freezes pieces into views.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/view/build.h"
#include "core/view/canon.h"
#include "core/view/flat.h"
#include "core/view/pieces.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

/* Multiplies the dimensions. Returns false after E_LIMIT or E_USAGE. */
static bool
count_elements (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape, uint64_t *elements)
{
  if (!fmtconv_dtype_get (dtype))
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "%u is not a data type", (unsigned) dtype);
      return false;
    }
  if (rank > FMTCONV_MAX_RANK)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "%u dimensions exceed the limit of %d", rank, FMTCONV_MAX_RANK);
      return false;
    }
  if (rank > 0 && !shape)
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "a tensor of %u dimensions needs a shape", rank);
      return false;
    }
  bool fits = true, is_empty = false;
  *elements = 1;
  for (unsigned i = 0; i < rank; i++)
    {
      is_empty = is_empty || shape[i] == 0;
      fits = fits && (is_empty || fci_size_mul (*elements, shape[i], elements));
    }
  if (is_empty)
    *elements = 0;
  else if (!fits)
    *elements = UINT64_MAX; /* too large in bytes, too */
  return true;
}

bool
fci_shape_size_flat (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                     uint64_t *elements, uint64_t *bytes)
{
  if (!count_elements (ctx, dtype, rank, shape, elements))
    return false;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  if (*elements > INT64_MAX || !fci_size_mul (*elements / info->block, info->block_bytes, bytes)
      || *bytes > INT64_MAX)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "a shape is too large: its size in bytes does not fit in 63 bits");
      return false;
    }
  if (*elements % info->block == 0)
    return true;
  fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s is stored in blocks of %u, which do not divide %llu elements",
                info->name, (unsigned) info->block, (unsigned long long) *elements);
  return false;
}

bool
fci_shape_size (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape, uint64_t *elements,
                uint64_t *bytes)
{
  if (!count_elements (ctx, dtype, rank, shape, elements))
    return false;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  if (!fci_shape_is_flat (dtype, rank, shape))
    return fci_shape_size_flat (ctx, dtype, rank, shape, elements, bytes);
  fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s is stored in blocks of %u, which do not divide rows of %llu",
                info->name, (unsigned) info->block, rank ? (unsigned long long) shape[rank - 1] : 1);
  return false;
}

fci_view_head
fci_view_head_of (fmtconv_view *view)
{
  return (fci_view_head){ .ctx = view->ctx,
                          .dtype = view->dtype,
                          .rank = view->rank,
                          .shape = view->shape,
                          .extra_origins = view->extra_origins,
                          .requirements = view->requirements,
                          .is_flat = fci_view_is_flat (view) };
}

/* Returns the numbers that a box, or a piece that becomes one, takes. */
static size_t
numbers_of (const fci_op *ops, unsigned rank)
{
  return 3 * (size_t) rank + fci_tracks (ops) * FCI_TRACK_NUMBERS (rank);
}

/* Returns whether the only box has the extent of the view, which then need not be stored twice. */
static bool
is_one_box (const fci_view_head *head, const fci_view_pieces *list)
{
  return list && list->n == 1 && head->rank > 0
         && !memcmp (FCI_PIECE_EXTENT (list, fci_view_piece_at (list, 0)), head->shape,
                     head->rank * sizeof *head->shape);
}

/* Allocates a view, its shape, its boxes and their numbers at once: there is one for each tensor. */
static struct fci_view *
allocate (const fci_view_head *head, const fci_view_pieces *list)
{
  fmtconv_ctx *ctx = head->ctx;
  const unsigned rank = head->rank;
  const bool is_shared = is_one_box (head, list);
  size_t n_boxes = list ? list->n : 0, total_numbers = is_shared ? 0 : rank;
  for (size_t i = 0; i < n_boxes; i++)
    total_numbers += numbers_of (fci_view_piece_at (list, i)->ops, rank);
  size_t size = sizeof (struct fci_view) + n_boxes * sizeof (fci_box) + total_numbers * sizeof (uint64_t);
  struct fci_view *view = fmtconv_ctx_alloc (ctx, 1, size);
  if (!view)
    return NULL;
  fci_box *boxes = (fci_box *) (view + 1);
  uint64_t *numbers = (uint64_t *) (boxes + n_boxes);
  view->ctx = ctx;
  view->rank = rank;
  view->n_boxes = n_boxes;
  view->boxes = boxes;
  view->shape = is_shared ? numbers + rank : numbers;
  numbers += is_shared ? 0 : rank;
  for (size_t i = 0; i < n_boxes; i++)
    {
      boxes[i].start = numbers;
      numbers += numbers_of (fci_view_piece_at (list, i)->ops, rank);
    }
  return view;
}

static void
fill_box (fci_box *box, const fci_view_pieces *list, const fci_view_piece *piece, unsigned rank)
{
  box->source = piece->source;
  box->offset = piece->offset;
  box->ops = piece->ops;
  box->dtype = piece->dtype;
  box->origin = piece->origin;
  box->phase = piece->phase;
  for (unsigned t = 0; t < fci_tracks (piece->ops); t++)
    memcpy (FCI_TRACK (box, rank, t), FCI_PIECE_TRACK (list, piece, t),
            FCI_TRACK_NUMBERS (rank) * sizeof (uint64_t));
  if (rank == 0)
    return;
  memcpy (box->start, piece->start, rank * sizeof (uint64_t));
  memcpy (FCI_EXTENT (box, rank), FCI_PIECE_EXTENT (list, piece), rank * sizeof (uint64_t));
  memcpy (FCI_STRIDE (box, rank), FCI_PIECE_STRIDE (list, piece), rank * sizeof (uint64_t));
}

static fmtconv_view *
freeze (const fci_view_head *head, fci_view_pieces *list, bool loose)
{
  uint64_t elements, bytes;
  if (fmtconv_ctx_failed (head->ctx)
      || !(head->is_flat ? fci_shape_size_flat : fci_shape_size) (head->ctx, head->dtype, head->rank,
                                                                  head->shape, &elements, &bytes)
      || (list && !fci_view_pieces_normalize (list, head->rank, loose)))
    return NULL;
  struct fci_view *view = allocate (head, list);
  if (!view)
    return NULL;
  view->dtype = head->dtype;
  view->elements = elements;
  view->extra_origins = head->extra_origins;
  view->requirements = head->requirements;
  view->base = head->base;
  if (head->rank > 0)
    memcpy ((uint64_t *) view->shape, head->shape, head->rank * sizeof (uint64_t));
  for (size_t i = 0; i < view->n_boxes; i++)
    fill_box ((fci_box *) &view->boxes[i], list, fci_view_piece_at (list, i), head->rank);
  return view;
}

fmtconv_view *
fci_view_freeze (const fci_view_head *head, fci_view_pieces *list, bool loose)
{
  fmtconv_view *view = freeze (head, list, loose);
  if (list)
    fci_view_pieces_free (list);
  return view;
}

fmtconv_view *
fci_view_with_head (const fci_view_head *head, fmtconv_view *view)
{
  fci_view_pieces list = fci_view_pieces_new (head->ctx, head->rank, fci_view_tracks (view));
  if (fci_view_pieces_add_view (&list, view))
    return fci_view_freeze (head, &list, false);
  fci_view_pieces_free (&list);
  return NULL;
}

const fci_extra_origins *
fci_extra_origins_join (fmtconv_ctx *ctx, const fci_extra_origins *a, const fci_extra_origins *b)
{
  if (!a || !b || a == b)
    return a ? a : b;
  fci_extra_origins *both =
      fmtconv_ctx_alloc (ctx, 1, sizeof (fci_extra_origins) + (a->n + b->n) * sizeof (uint32_t));
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
