/* core/model/whole.c: a transform uses all elements of the tensors that it was given.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include "core/model/private.h"
#include "core/model/whole.h"
#include "core/view/coverage.h"
#include <stdlib.h>

/* A box of the result, by the tensor that it was made from. */
typedef struct shown
{
  uint32_t number;
  fci_coverage_box of;
} shown;

typedef struct usage
{
  fmtconv_ctx *ctx;
  const fci_transform_scope *scope;
  fci_list shown;
  bool **whole; /* of each input of the scope, the tensors that need no look at their boxes */
} usage;

static const fmtconv_tensor *
tensor_of (const usage *u, uint32_t number)
{
  size_t index;
  const fci_scope_input *given = fci_transform_scope_find (u->scope, number, &index);
  return given ? &given->model->entries[index]->tensor : NULL;
}

/* Returns whether a tensor was noted, or dropped. */
static bool
is_settled (const usage *u, uint32_t number)
{
  size_t index;
  const fci_scope_input *given = fci_transform_scope_find (u->scope, number, &index);
  return u->whole[given - u->scope->given][index] || (given->dropped && given->dropped[index]);
}

/* Notes that a tensor is used completely. */
static void
note_whole (const usage *u, uint32_t number)
{
  size_t index;
  const fci_scope_input *given = fci_transform_scope_find (u->scope, number, &index);
  if (given)
    u->whole[given - u->scope->given][index] = true;
}

/* Makes the notes.  Returns false if memory runs out. */
static bool
make_notes (usage *u)
{
  bool good = (u->whole = calloc (u->scope->n + 1, sizeof *u->whole)) != NULL;
  for (size_t i = 0; good && i < u->scope->n; i++)
    good = (u->whole[i] = calloc (u->scope->given[i].model->count + 1, sizeof **u->whole)) != NULL;
  if (!good)
    fci_nomem (u->ctx);
  return good;
}

static void
free_notes (const usage *u)
{
  for (size_t i = 0; u->whole && i < u->scope->n; i++)
    free (u->whole[i]);
  free (u->whole);
}

/* Adds the boxes of a view, unless it is that of a tensor. */
static bool
add_view (usage *u, fmtconv_view *view)
{
  const fmtconv_tensor *first = view->n_boxes ? tensor_of (u, view->boxes[0].origin) : NULL;
  if (first && first->view == view)
    {
      note_whole (u, view->boxes[0].origin);
      return true;
    }
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      if (!tensor_of (u, view->boxes[i].origin))
        continue;
      shown *s = fci_list_add (u->ctx, &u->shown, sizeof *s);
      if (!s)
        return false;
      *s = (shown){ view->boxes[i].origin, { &view->boxes[i], view->rank } };
    }
  for (size_t i = 0; view->extra_origins && i < view->extra_origins->n; i++)
    note_whole (u, view->extra_origins->origin[i]);
  return true;
}

static int
by_number (const void *a, const void *b)
{
  const shown *x = a, *y = b;
  return (x->number > y->number) - (x->number < y->number);
}

/* Compares a tensor with the n boxes that were made from it; adds to *lost.  Returns 0 or a code. */
static int
compare (const usage *u, const shown *s, size_t n, size_t *lost)
{
  const fmtconv_tensor *tensor = tensor_of (u, s->number);
  fci_coverage found = { 0 };
  if (is_settled (u, s->number))
    return 0;
  fci_coverage_box *boxes = malloc (n * sizeof *boxes);
  if (!boxes)
    {
      fci_nomem (u->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (size_t i = 0; i < n; i++)
    boxes[i] = s[i].of;
  int code = fci_view_coverage (tensor->view, boxes, n, &found);
  free (boxes);
  if (code == 0 && found.missing)
    fmtconv_detail (u->ctx, "%s: without %llu of %llu elements", tensor->name,
                    (unsigned long long) found.missing, (unsigned long long) found.elements);
  *lost += found.missing != 0;
  return code;
}

static int
compare_all (const usage *u, size_t *lost)
{
  const shown *s = u->shown.items;
  int code = 0;
  if (u->shown.n)
    qsort (u->shown.items, u->shown.n, sizeof *s, by_number);
  for (size_t i = 0, end; i < u->shown.n && code == 0; i = end)
    {
      for (end = i + 1; end < u->shown.n && s[end].number == s[i].number;)
        end++;
      code = compare (u, &s[i], end - i, lost);
    }
  return code;
}

int
fci_model_check_whole (const fci_transform_scope *scope, const fmtconv_model *model, const char *plugin)
{
  usage u = { .ctx = scope->ctx, .scope = scope };
  size_t lost = 0;
  bool good = make_notes (&u);
  FCI_FOREACH_LEAF (leaf, model)
    for (const fci_model_entry *entry = leaf->first; good && entry; entry = entry->next)
      good = add_view (&u, entry->tensor.view);
  int code = good ? compare_all (&u, &lost) : fmtconv_ctx_failed (u.ctx);
  free (u.shown.items);
  free_notes (&u);
  if (code == 0 && lost)
    code = fmtconv_fail (u.ctx, FMTCONV_E_INTERNAL, "'%s' neither used nor dropped a part of %zu tensors",
                         plugin ? plugin : "a plugin", lost);
  return code;
}
