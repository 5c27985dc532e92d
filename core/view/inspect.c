/* core/view/inspect.c: properties of views for the core: bytes, origins, memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/build.h"
#include "core/view/inspect.h"
#include "core/view/pieces.h"
#include "core/view/place.h"

uint64_t
fci_view_bytes (fmtconv_view *view)
{
  return fci_dtype_bytes (view->dtype, view->elements);
}

size_t
fci_view_memory (fmtconv_view *view)
{
  size_t axes = view->rank * sizeof (uint64_t);
  bool is_shared = view->n_boxes == 1 && view->shape == FCI_EXTENT (&view->boxes[0], view->rank);
  size_t size = sizeof *view + (is_shared ? 0 : axes) + view->n_boxes * (sizeof (fci_box) + 3 * axes);
  for (size_t i = 0; i < view->n_boxes; i++)
    size += fci_tracks (view->boxes[i].ops) * FCI_TRACK_NUMBERS (view->rank) * sizeof (uint64_t);
  return size;
}

/* Returns a view without boxes that remembers its tensor. */
static fmtconv_view *
extra_origins_from (fmtconv_view *view, uint32_t origin)
{
  fci_extra_origins *extra_origins =
      fmtconv_ctx_alloc (view->ctx, 1, sizeof (fci_extra_origins) + sizeof (uint32_t));
  if (!extra_origins)
    return NULL;
  extra_origins->n = 1;
  extra_origins->origin[0] = origin;
  fci_view_head head = fci_view_head_of (view);
  head.extra_origins = extra_origins;
  return fci_view_freeze (&head, NULL, false);
}

/* Sets the origin of a view of one box: in place if unmarked, else in a copy that shares all numbers. */
static fmtconv_view *
single_from (fmtconv_view *view, uint32_t origin)
{
  struct fci_view *own = (struct fci_view *) view;
  if (view->marked)
    {
      own = fmtconv_ctx_alloc (view->ctx, 1, sizeof *own + sizeof (fci_box));
      if (!own)
        return NULL;
      *own = *view;
      fci_box *box = (fci_box *) (own + 1);
      *box = view->boxes[0];
      own->boxes = box;
    }
  ((fci_box *) own->boxes)->origin = origin;
  own->extra_origins = NULL;
  return own;
}

/* Returns whether the boxes can be marked where they are: none has an origin, by which they might differ. */
static bool
is_unmarked (const fmtconv_view *view)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    if (view->boxes[i].origin != FCI_NO_ORIGIN)
      return false;
  return !view->marked;
}

/* Sets the origin of several boxes: in place, or in a new view, because those of different origins may now become one. */
static fmtconv_view *
several_from (fmtconv_view *view, uint32_t origin)
{
  if (is_unmarked (view))
    {
      for (size_t i = 0; i < view->n_boxes; i++)
        ((fci_box *) view->boxes)[i].origin = origin;
      ((struct fci_view *) view)->extra_origins = NULL;
      return view;
    }
  fci_view_head head = fci_view_head_of (view);
  head.extra_origins = NULL;
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (!fci_view_pieces_add_view (&list, view))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  for (size_t i = 0; i < list.n; i++)
    fci_view_piece_at (&list, i)->origin = origin;
  return fci_view_freeze (&head, &list, false);
}

fmtconv_view *
fci_view_set_origin (fmtconv_view *view, uint32_t origin)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if (view->encoded)
    return fmtconv_view_bytes (fci_view_set_origin (view->encoded, origin));
  struct fci_view *marked = (struct fci_view *) (view->n_boxes == 0   ? extra_origins_from (view, origin)
                                                 : view->n_boxes == 1 ? single_from (view, origin)
                                                                      : several_from (view, origin));
  if (!marked)
    return NULL;
  marked->base = view->base ? fci_view_set_origin (view->base, origin) : NULL;
  marked->marked = true;
  return marked;
}
