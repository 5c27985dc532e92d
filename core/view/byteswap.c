/* core/view/byteswap.c: elements in the other byte order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/build.h"
#include "core/view/byteswap.h"
#include "core/view/pieces.h"

unsigned
fci_byteswap_width (uint32_t dtype)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  bool complex = dtype == FMTCONV_C32 || dtype == FMTCONV_C64 || dtype == FMTCONV_C128;
  return info->block == 1 ? info->block_bytes / (complex ? 2 : 1) : 0;
}

/* Returns whether the view has only stored elements, swapped or not. */
static bool
is_stored (fmtconv_view *view)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_op *ops = view->boxes[i].ops;
      if (view->boxes[i].dtype != view->dtype || (ops && (ops->kind != FCI_OP_BYTESWAP || ops->before)))
        return false;
    }
  return true;
}

fmtconv_view *
fmtconv_view_byteswap (fmtconv_view *view)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if (fci_byteswap_width (view->dtype) == 1)
    return view;
  if (fci_byteswap_width (view->dtype) == 0 || !is_stored (view))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                    "only stored elements without other operations can be byte-swapped");
      return NULL;
    }
  fci_op *swap = fci_new (view->ctx, fci_op);
  fci_view_head head = fci_view_head_of (view);
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (!swap || !fci_view_pieces_add_view (&list, view))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  swap->kind = FCI_OP_BYTESWAP;
  for (size_t i = 0; i < list.n; i++)
    fci_view_piece_at (&list, i)->ops = fci_view_piece_at (&list, i)->ops ? NULL : swap;
  head.base = view->base ? fmtconv_view_byteswap (view->base) : NULL;
  return fci_view_freeze (&head, &list, false);
}
