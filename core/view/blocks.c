/* core/view/blocks.c: views of block types: where they may be cut, and their encoded bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/flat.h"
#include "core/view/pieces.h"
#include "core/view/place.h"
#include "core/view/view.h"
#include <string.h>

const fci_op *
fci_ops_encoder (const fci_op *ops)
{
  while (ops && ops->kind == FCI_OP_WATCH)
    ops = ops->before;
  return ops && ops->kind == FCI_OP_QUANTIZE ? ops : NULL;
}

bool
fci_ops_are_idle (const fci_op *ops)
{
  while (ops && ops->kind == FCI_OP_WATCH)
    ops = ops->before;
  return !ops;
}

bool
fci_view_is_encoded (fmtconv_view *view)
{
  for (size_t i = 0; fci_is_blocks (view->dtype) && i < view->n_boxes; i++)
    if (fci_ops_encoder (view->boxes[i].ops))
      return true;
  return false;
}

/* Returns whether a box depends on all of its row. */
static bool
has_importance (fmtconv_view *view)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_op *encoder = fci_ops_encoder (view->boxes[i].ops);
      if (encoder && encoder->importance)
        return true;
    }
  return false;
}

bool
fci_blocks_check (fmtconv_view *view, unsigned axis, uint64_t border, const char *what)
{
  if (fci_is_blocks (view->dtype) && fci_view_is_flat (view))
    return fci_flat_refuse (view, what);
  if (!fci_is_blocks (view->dtype) || axis + 1 != view->rank)
    return true;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->dtype);
  if (border % info->block != 0)
    {
      fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "dequantize it first" },
                       "a row of %s cannot be %s at element %llu, within a block of %u", info->name, what,
                       (unsigned long long) border, (unsigned) info->block);
      return false;
    }
  if (has_importance (view))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED, "a row quantized with importance weights cannot be %s",
                    what);
      return false;
    }
  return true;
}

fmtconv_view *
fci_view_refuse_bytes (fmtconv_view *view, const char *what)
{
  fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED, "the bytes of a tensor quantized to %s cannot be %s",
                fmtconv_dtype_get (view->encoded->dtype)->name, what);
  return NULL;
}

/* Turns a raw piece of a block type into a piece of bytes. */
static void
to_bytes (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank)
{
  const uint32_t dtype = piece->dtype;
  uint64_t *extent = FCI_PIECE_EXTENT (list, piece);
  int64_t *stride = FCI_PIECE_STRIDE (list, piece);
  piece->dtype = FMTCONV_U8;
  piece->ops = NULL;
  for (unsigned i = 0; i + 1 < rank; i++)
    stride[i] = (int64_t) fci_dtype_bytes (dtype, (uint64_t) stride[i]);
  piece->start[rank - 1] = fci_dtype_bytes (dtype, piece->start[rank - 1]);
  extent[rank - 1] = fci_dtype_bytes (dtype, extent[rank - 1]);
}

/* Returns plain boxes of bytes, for a view of stored blocks only. */
static fmtconv_view *
raw_bytes (const fci_view_head *head, fmtconv_view *view)
{
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, 0);
  if (!fci_view_pieces_add_view (&list, view))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  for (size_t i = 0; i < list.n; i++)
    to_bytes (&list, fci_view_piece_at (&list, i), view->rank);
  return fci_view_freeze (head, &list, false);
}

/* Returns bytes that are still to be encoded: keeps the boxes, and evaluates as `view`. */
static fmtconv_view *
encoded_bytes (const fci_view_head *head, fmtconv_view *view)
{
  struct fci_view *bytes = (struct fci_view *) fci_view_freeze (head, NULL, false);
  if (!bytes)
    return NULL;
  bytes->encoded = view;
  bytes->boxes = view->boxes;
  bytes->n_boxes = view->n_boxes;
  return bytes;
}

/* The last axis counts the bytes of a row; a flat view becomes one row. */
fmtconv_view *
fmtconv_view_bytes (fmtconv_view *view)
{
  uint64_t shape[FMTCONV_MAX_RANK + 1];
  if (!view || fmtconv_ctx_failed (view->ctx) || view->encoded || view->dtype == FMTCONV_U8)
    return view && !fmtconv_ctx_failed (view->ctx) ? view : NULL;
  if (!fci_is_blocks (view->dtype))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED, "only block types can be viewed as bytes, not %s",
                    fmtconv_dtype_get (view->dtype)->name);
      return NULL;
    }
  if (fci_view_is_flat (view))
    return fmtconv_view_bytes (fci_view_unflatten (view));
  memcpy (shape, view->shape, view->rank * sizeof *shape);
  shape[view->rank - 1] = fci_dtype_bytes (view->dtype, shape[view->rank - 1]);
  fci_view_head head = fci_view_head_of (view);
  head.dtype = FMTCONV_U8;
  head.shape = shape;
  return fci_view_is_encoded (view) ? encoded_bytes (&head, view) : raw_bytes (&head, view);
}

/* Turns a piece of bytes into one of elements or blocks. Returns false if the bytes are not contiguous. */
static bool
from_bytes (const fci_view_pieces *list, fci_view_piece *piece, unsigned rank, const fmtconv_dtype_info *to)
{
  uint64_t *extent = FCI_PIECE_EXTENT (list, piece);
  int64_t *stride = FCI_PIECE_STRIDE (list, piece);
  const uint64_t item = to->block_bytes;
  bool whole = !piece->ops;
  if (rank == 0)
    {
      piece->dtype = to->dtype;
      return whole && item == 1 && to->block == 1;
    }
  whole = whole && (stride[rank - 1] == 1 || extent[rank - 1] == 1) && piece->start[rank - 1] % item == 0
          && extent[rank - 1] % item == 0;
  for (unsigned i = 0; i + 1 < rank && to->block > 1; i++)
    {
      whole = whole && (uint64_t) stride[i] % item == 0;
      stride[i] = stride[i] / (int64_t) item * (int64_t) to->block;
    }
  piece->start[rank - 1] = piece->start[rank - 1] / item * to->block;
  extent[rank - 1] = extent[rank - 1] / item * to->block;
  stride[rank - 1] = (int64_t) fci_dtype_step (to->dtype);
  piece->dtype = to->dtype;
  return whole;
}

/* Reinterprets all pieces of the view. Returns false on an error. */
static bool
all_from_bytes (fci_view_pieces *list, fmtconv_view *view, const fmtconv_dtype_info *to)
{
  if (!fci_view_pieces_add_view (list, view))
    return false;
  for (size_t i = 0; i < list->n; i++)
    if (!from_bytes (list, fci_view_piece_at (list, i), view->rank, to))
      {
        fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED,
                      "only contiguous stored bytes can be reinterpreted as %s", to->name);
        return false;
      }
  return true;
}

fmtconv_view *
fmtconv_view_reinterpret (fmtconv_view *view, uint32_t dtype)
{
  uint64_t shape[FMTCONV_MAX_RANK + 1] = { 0 };
  const fmtconv_dtype_info *to = fmtconv_dtype_get (dtype);
  if (!view || fmtconv_ctx_failed (view->ctx) || dtype == FMTCONV_U8)
    return view && !fmtconv_ctx_failed (view->ctx) ? view : NULL;
  const unsigned last = view->rank ? view->rank - 1 : 0;
  if (!to || (view->dtype != FMTCONV_U8 && view->dtype != FMTCONV_I8)
      || (view->rank ? view->shape[last] % to->block_bytes != 0 : to->block_bytes * to->block > 1))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "rows of %llu elements of %s cannot be reinterpreted as %s",
                    view->rank ? (unsigned long long) view->shape[last] : 1,
                    fmtconv_dtype_get (view->dtype)->name, to ? to->name : "an unknown data type");
      return NULL;
    }
  if (view->encoded)
    return view->encoded->dtype == dtype ? view->encoded
                                         : fci_view_refuse_bytes (view, "reinterpreted as another type");
  if (view->rank)
    memcpy (shape, view->shape, view->rank * sizeof *shape);
  if (view->rank)
    shape[last] = shape[last] / to->block_bytes * to->block;
  fci_view_head head = fci_view_head_of (view);
  head.dtype = dtype;
  head.shape = shape;
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (all_from_bytes (&list, view, to))
    return fci_view_freeze (&head, &list, false);
  fci_view_pieces_free (&list);
  return NULL;
}

fmtconv_view *
fci_view_evaluated (fmtconv_view *view)
{
  if (view->encoded)
    return view->encoded;
  return fci_is_blocks (view->dtype) && !fci_view_is_encoded (view) ? fmtconv_view_bytes (view) : view;
}
