/* core/view/flat.c: flat views: stored blocks that run on over the ends of rows.  A file may store a matrix
 * whose rows the blocks do not divide as blocks of all its elements in order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/flat.h"
#include "core/view/pieces.h"

bool
fci_shape_is_flat (uint32_t dtype, unsigned rank, const uint64_t *shape)
{
  const uint32_t block = fmtconv_dtype_get (dtype)->block;
  if (block == 1 || (rank && shape[rank - 1] % block == 0))
    return false;
  for (unsigned i = 0; i < rank; i++)
    if (shape[i] == 0)
      return false;
  return true;
}

bool
fci_view_is_flat (fmtconv_view *view)
{
  return fci_shape_is_flat (view->dtype, view->rank, view->shape);
}

bool
fci_flat_refuse (fmtconv_view *view, const char *what)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->dtype);
  fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "dequantize it first" },
                   "a tensor of %s whose blocks of %u run over the ends of its rows cannot be %s", info->name,
                   (unsigned) info->block, what);
  return false;
}

/* Returns whether a view of rank 1 is one range of stored blocks. */
static bool
is_one_range (fmtconv_view *line)
{
  const fci_box *box = &line->boxes[0];
  return line->n_boxes == 1 && fci_ops_are_idle (box->ops) && box->phase == 0
         && (line->elements == 1 || FCI_STRIDE (box, 1)[0] == 1);
}

fmtconv_view *
fci_view_flatten (fmtconv_view *view, unsigned rank, const uint64_t *shape)
{
  fmtconv_view *line = fmtconv_view_reshape (view, 1, &view->elements);
  if (!line)
    return NULL;
  if (!is_one_range (line))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_UNSUPPORTED,
                    "only stored blocks of %s that are one range of bytes can run over the ends of rows",
                    fmtconv_dtype_get (view->dtype)->name);
      return NULL;
    }
  const fci_box *box = &line->boxes[0];
  fci_view_pieces list = fci_view_pieces_new (view->ctx, rank, 0);
  fci_view_piece *piece = fci_view_pieces_add (&list, NULL);
  if (!piece)
    return NULL;
  piece->source = box->source;
  piece->offset = box->offset;
  piece->ops = box->ops;
  piece->dtype = box->dtype;
  piece->origin = box->origin;
  uint64_t step = 1;
  for (unsigned i = rank; i-- > 0; step *= shape[i])
    {
      FCI_PIECE_EXTENT (&list, piece)[i] = shape[i];
      FCI_PIECE_STRIDE (&list, piece)[i] = (int64_t) step;
    }
  fci_view_head head = fci_view_head_of (view);
  head.rank = rank;
  head.shape = shape;
  head.is_flat = true;
  head.base = view->base ? view->base : view;
  return fci_view_freeze (&head, &list, false);
}

fmtconv_view *
fci_view_unflatten (fmtconv_view *view)
{
  return fmtconv_view_reshape (view, 1, &view->elements);
}
