/* core/layout/account.c: the account of a writer: every tensor is emitted, tied or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include "core/layout/account.h"
#include "core/layout/part.h"
#include "core/layout/ties.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/view/coverage.h"
#include <stdlib.h>
#include <string.h>

/* What became of a tensor.  Bits. */
enum
{
  WHOLE = 1,   /* its own view was emitted */
  BOXES = 2,   /* views made from it were emitted */
  OPERAND = 4, /* an emitted view was computed with it, or it has no elements */
  TIED = 8,
  TWICE = 16
};

/* A box of an emitted view that is not all of a tensor. */
typedef struct emitted
{
  uint32_t number; /* of its tensor */
  fci_coverage_box of;
} emitted;

typedef struct account
{
  fmtconv_ctx *ctx;
  const fmtconv_layout *layout;
  fci_layout_part *part;
  uint32_t first;   /* lowest number of the part's tensors */
  uint32_t end;     /* after the highest */
  uint8_t *state;   /* by number - first */
  fci_list emitted; /* of boxes */
  size_t given;
  size_t lost;
  size_t twice;
} account;

static uint8_t *
state_of (const account *a, uint32_t number)
{
  return number >= a->first && number < a->end ? &a->state[number - a->first] : NULL;
}

/* Adds the boxes of a view that is not all of one tensor.  Returns false if memory runs out. */
static bool
add_boxes (account *a, fmtconv_view *view)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      uint8_t *state = state_of (a, view->boxes[i].origin);
      emitted *e = state ? fci_list_add (a->ctx, &a->emitted, sizeof *e) : NULL;
      if (state && !e)
        return false;
      if (e)
        *e = (emitted){ view->boxes[i].origin, { &view->boxes[i], view->rank } };
      if (e)
        *state |= BOXES;
    }
  for (size_t i = 0; view->extra_origins && i < view->extra_origins->n; i++)
    {
      uint8_t *state = state_of (a, view->extra_origins->origin[i]);
      if (state)
        *state |= OPERAND;
    }
  return true;
}

/* Returns the number of the first tensor that a view shows; FCI_NO_ORIGIN: none. */
static uint32_t
first_number (fmtconv_view *view)
{
  if (view->n_boxes)
    return view->boxes[0].origin;
  return view->extra_origins ? view->extra_origins->origin[0] : FCI_NO_ORIGIN;
}

static bool
add_region (account *a, const fci_region *region)
{
  fmtconv_view *view = region->u.tensor.view;
  const uint32_t number = first_number (view);
  uint8_t *state = state_of (a, number);
  const fmtconv_tensor *tensor = state ? fci_origin_tensor (a->ctx, number) : NULL;
  if (!tensor || tensor->view != view)
    return add_boxes (a, view);
  *state |= *state & WHOLE ? TWICE : WHOLE;
  return true;
}

static bool
add_regions (account *a)
{
  for (const fmtconv_file *f = NULL; (f = fci_layout_part_next (a->layout, a->part, f));)
    for (const fci_region *region = f->first; region; region = region->next)
      if (region->kind == FCI_REGION_TENSOR && !add_region (a, region))
        return false;
  return true;
}

static int
by_number (const void *a, const void *b)
{
  const emitted *x = a, *y = b;
  return (x->number > y->number) - (x->number < y->number);
}

/* Compares a tensor with the n boxes that were made from it. */
static int
compare (account *a, const emitted *e, size_t n)
{
  uint8_t *state = state_of (a, e->number);
  const fmtconv_tensor *tensor = fci_origin_tensor (a->ctx, e->number);
  fci_coverage found = { 0 };
  if (*state & (WHOLE | OPERAND | TIED))
    return 0;
  fci_coverage_box *boxes = malloc (n * sizeof *boxes);
  if (!boxes)
    {
      fci_nomem (a->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (size_t i = 0; i < n; i++)
    boxes[i] = e[i].of;
  int code = fci_view_coverage (tensor->view, boxes, n, &found);
  free (boxes);
  const bool is_lost = found.missing && !fci_layout_dropped (a->part, e->number);
  if (is_lost)
    fmtconv_detail (a->ctx, "%s: without %llu of %llu elements", tensor->name,
                    (unsigned long long) found.missing, (unsigned long long) found.elements);
  *state |= found.missing ? 0 : WHOLE;
  *state |= found.twice ? TWICE : 0;
  a->lost += is_lost;
  return code;
}

static int
compare_all (account *a)
{
  const emitted *e = a->emitted.items;
  int code = 0;
  if (a->emitted.n)
    qsort (a->emitted.items, a->emitted.n, sizeof *e, by_number);
  for (size_t i = 0, end; i < a->emitted.n && code == 0; i = end)
    {
      for (end = i + 1; end < a->emitted.n && e[end].number == e[i].number;)
        end++;
      code = compare (a, &e[i], end - i);
    }
  return code;
}

/* Lists the tensors of which nothing was emitted. */
static void
list_lost (account *a)
{
  FCI_FOREACH_LEAF (leaf, a->part->model)
    {
      uint32_t number = fci_model_base (leaf);
      for (const fmtconv_tensor *t = fmtconv_model_next (leaf, NULL); t;
           t = fmtconv_model_next (leaf, t), number++)
        {
          const uint8_t state = *state_of (a, number);
          a->given++;
          a->twice += (state & TWICE) != 0;
          if (state & WHOLE)
            fci_layout_keep (a->part, number);
          if (state || fci_layout_dropped (a->part, number))
            continue;
          fmtconv_detail (a->ctx, "%s", t->name);
          a->lost++;
        }
    }
}

static int
fail_twice (account *a)
{
  for (uint32_t i = a->first; i < a->end; i++)
    if (*state_of (a, i) & TWICE)
      fmtconv_detail (a->ctx, "%s", fci_origin_tensor (a->ctx, i)->name);
  return fmtconv_fail (a->ctx, FMTCONV_E_INTERNAL,
                       "the writer '%s' emitted the same elements of %zu of %zu tensors more than once:",
                       a->part->writer, a->twice, a->given);
}

/* Ties count before what is lost is listed.  Returns 0 or a code. */
static int
judge (account *a)
{
  static const fmtconv_where where = { .hint = "this is a defect of the plugin; nothing was written" };
  if (!add_regions (a) || fci_layout_find_ties (a->layout, a->part, a->first, a->state, TIED)
      || compare_all (a))
    return fmtconv_ctx_failed (a->ctx);
  list_lost (a);
  if (a->lost)
    return fmtconv_fail_at (a->ctx, FMTCONV_E_INTERNAL, &where,
                            "the writer '%s' neither emitted in full, tied nor dropped %zu of %zu tensors:",
                            a->part->writer, a->lost, a->given);
  return a->twice ? fail_twice (a) : 0;
}

/* Finds the numbers of the model's tensors.  Returns false if it has none. */
static bool
find_numbers (account *a)
{
  a->first = UINT32_MAX;
  FCI_FOREACH_LEAF (leaf, a->part->model)
    {
      const uint32_t base = fci_model_base (leaf), n = (uint32_t) fmtconv_model_count (leaf);
      a->first = n && base < a->first ? base : a->first;
      a->end = n && base + n > a->end ? base + n : a->end;
    }
  return a->first < a->end;
}

int
fci_layout_account (fmtconv_layout *layout)
{
  int code = 0;
  for (fci_layout_part *part = layout->first_part; part && code == 0; part = part->next)
    {
      account a = { .ctx = layout->ctx, .layout = layout, .part = part };
      if (!find_numbers (&a))
        continue;
      a.state = calloc (a.end - a.first, 1);
      code = a.state ? judge (&a) : (fci_nomem (layout->ctx), FMTCONV_E_NOMEM);
      free (a.state);
      free (a.emitted.items);
    }
  return code;
}
