/* core/layout/ties.c: the tensors whose bytes are in a file under another name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include "core/layout/part.h"
#include "core/layout/ties.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/view/equal.h"
#include "core/view/origins.h"
#include "core/view/view.h"
#include <stdlib.h>

/* A tied tensor of the part's model. */
typedef struct tied_tensor
{
  const fmtconv_tensor *tensor;
  uint32_t number; /* of all tensors of the context */
  size_t next;     /* first of a run of equal tensors: the next of the run that may have no state */
} tied_tensor;

typedef struct search
{
  fmtconv_ctx *ctx;
  const fci_layout_part *part;
  uint32_t first;
  uint8_t *state;
  uint8_t tied;
  fci_list by_bytes; /* of tied_tensor, sorted by views; made when it is needed */
} search;

static uint8_t *
state_of (const search *s, const fmtconv_tensor *t)
{
  return &s->state[fci_model_base (fci_tensor_model (t)) + fci_tensor_index (t) - s->first];
}

/* Returns whether the bytes of a tensor are those of a tensor that a view shows, and all that it shows. */
static bool
has_bytes_of (const search *s, const fmtconv_tensor *t, fmtconv_view *view)
{
  size_t n;
  if (view->elements != t->view->elements)
    return false;
  const uint32_t *numbers = fci_view_origin_numbers (view, &n);
  for (size_t i = 0; numbers && i < n; i++)
    {
      const fmtconv_tensor *shown = fci_origin_tensor (s->ctx, numbers[i]);
      if (shown && (shown == t || fci_view_equal (shown->view, t->view)))
        return true;
    }
  return false;
}

/* Orders tensors by their bytes, and equal ones as the model does. */
static int
compare (const void *left, const void *right)
{
  const tied_tensor *a = left, *b = right;
  const int r = fci_view_order (a->tensor->view, b->tensor->view);
  return r ? r : (a->number > b->number) - (a->number < b->number);
}

/* Collects the tied tensors, so that many renamed regions do not search the whole model each.  Returns 0 or a code. */
static int
sort_tied (search *s)
{
  FCI_FOREACH_LEAF (leaf, s->part->model)
    FMTCONV_FOREACH (t, leaf)
      {
        tied_tensor *one =
            fmtconv_model_tied (leaf, t) ? fci_list_add (s->ctx, &s->by_bytes, sizeof *one) : NULL;
        if (one)
          *one = (tied_tensor){ .tensor = t,
                                .number =
                                    fci_model_base (fci_tensor_model (t)) + (uint32_t) fci_tensor_index (t) };
        if (fmtconv_ctx_failed (s->ctx))
          return fmtconv_ctx_failed (s->ctx);
      }
  tied_tensor *all = s->by_bytes.items;
  if (s->by_bytes.n)
    qsort (all, s->by_bytes.n, sizeof *all, compare);
  for (size_t i = 0; i < s->by_bytes.n; i++)
    all[i].next = i;
  return 0;
}

/* Returns the next tensor without a state that has the bytes of a view, or NULL. */
static const fmtconv_tensor *
next_equal (const search *s, fmtconv_view *view)
{
  tied_tensor *all = s->by_bytes.items;
  size_t a = 0, b = s->by_bytes.n;
  while (a < b)
    {
      const size_t middle = a + (b - a) / 2;
      if (fci_view_order (all[middle].tensor->view, view) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  if (a == s->by_bytes.n)
    return NULL;
  /* A state stays, so that each tensor of the run is passed once. */
  for (size_t *i = &all[a].next; *i < s->by_bytes.n; ++*i)
    {
      const fmtconv_tensor *t = all[*i].tensor;
      if (fci_view_order (t->view, view) != 0)
        return NULL;
      if (!*state_of (s, t))
        return t;
    }
  return NULL;
}

/* Marks the next tensor without a state whose bytes a view shows.  Returns 0 or a code. */
static int
mark_renamed (search *s, fmtconv_view *view)
{
  size_t n;
  const uint32_t *numbers = fci_view_origin_numbers (view, &n);
  if (!s->by_bytes.n && sort_tied (s))
    return fmtconv_ctx_failed (s->ctx);
  for (size_t i = 0; numbers && i < n; i++)
    {
      const fmtconv_tensor *shown = fci_origin_tensor (s->ctx, numbers[i]);
      const bool is_whole = shown && shown->view->elements == view->elements;
      const fmtconv_tensor *t = is_whole ? next_equal (s, shown->view) : NULL;
      if (t)
        {
          *state_of (s, t) |= s->tied;
          break;
        }
    }
  return fmtconv_ctx_failed (s->ctx);
}

/* Marks the tensor of a tied region.  Returns 0 or a code. */
static int
mark (search *s, const fci_region *region)
{
  const fmtconv_tensor *other = NULL;
  FCI_FOREACH_LEAF (leaf, s->part->model)
    {
      const fmtconv_tensor *t = fmtconv_model_find (leaf, region->u.tensor.name);
      if (t && has_bytes_of (s, t, region->u.tensor.view))
        {
          *state_of (s, t) |= s->tied;
          return 0;
        }
      other = t ? t : other;
    }
  if (other)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_INTERNAL, &(fmtconv_where){ .tensor = other->name },
                            "the writer '%s' tied it to a region with other bytes", s->part->writer);
  return mark_renamed (s, region->u.tensor.view);
}

int
fci_layout_find_ties (const fmtconv_layout *layout, const fci_layout_part *part, uint32_t first,
                      uint8_t *state, uint8_t tied)
{
  search s = { .ctx = layout->ctx, .part = part, .first = first, .state = state, .tied = tied };
  int code = 0;
  for (const fmtconv_file *f = NULL; code == 0 && (f = fci_layout_part_next (layout, part, f));)
    for (const fci_region *region = f->n_references ? f->first : NULL; region && code == 0;
         region = region->next)
      if (region->kind == FCI_REGION_TIED)
        code = mark (&s, region);
  free (s.by_bytes.items);
  return code;
}
