/* core/exec/check/wanted.c: the tensors that a writer's files should hold when they are read back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/wanted.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/view/flat.h"
#include "core/view/origins.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

#define REGION(wanted, i) (&((fci_wanted_region *) (wanted)->regions.items)[i])

static bool
same_form (fmtconv_view *a, fmtconv_view *b)
{
  if (a->dtype == b->dtype && a->elements == b->elements && fci_view_is_flat (b) && !fci_view_is_flat (a))
    return true;
  return a->dtype == b->dtype && a->rank == b->rank
         && (a->rank == 0 || memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0);
}

int
fci_wanted_init (fci_wanted *wanted, fmtconv_ctx *ctx, const fmtconv_model *model)
{
  *wanted = (fci_wanted){ .ctx = ctx, .model = model, .names = fci_map_new (ctx) };
  return fmtconv_ctx_failed (ctx);
}

void
fci_wanted_free (fci_wanted *wanted)
{
  free (wanted->regions.items);
  free (wanted->found.items);
}

/* Returns the only tensor that a view shows, or NULL. */
static const fmtconv_tensor *
tensor_of (fmtconv_ctx *ctx, fmtconv_view *view)
{
  size_t n;
  const uint32_t *numbers = fci_view_origin_numbers (view, &n);
  return numbers && n == 1 ? fci_origin_tensor (ctx, numbers[0]) : NULL;
}

int
fci_wanted_add (fci_wanted *wanted, const fmtconv_file *file)
{
  for (const fci_region *region = file->first; region; region = region->next)
    {
      fci_wanted_region *r =
          fci_region_is_tensor (region) ? fci_list_add (wanted->ctx, &wanted->regions, sizeof *r) : NULL;
      if (!r && fci_region_is_tensor (region))
        return fmtconv_ctx_failed (wanted->ctx);
      if (!r)
        continue;
      uintptr_t first = 0;
      const char *name = region->u.tensor.name;
      fci_map_get (wanted->names, name, strlen (name), &first);
      *r = (fci_wanted_region){ .file = file,
                                .region = region,
                                .tensor = tensor_of (wanted->ctx, region->u.tensor.view),
                                .next = first };
      if (!fci_map_set (wanted->names, name, strlen (name), wanted->regions.n))
        return fmtconv_ctx_failed (wanted->ctx);
    }
  return fmtconv_ctx_failed (wanted->ctx);
}

/* Returns whether a region can be that of a tensor in the component `leaf`. */
static bool
is_in (const fci_wanted_region *r, const fmtconv_file *file, const fmtconv_model *leaf)
{
  const char *component = fmtconv_model_name (leaf);
  const fmtconv_model *of = r->tensor ? fci_tensor_model (r->tensor) : NULL;
  return (!file || r->file == file)
         && (!*component || !of || strcmp (fmtconv_model_name (of), component) == 0);
}

/* Returns the tensor of the writer's model with that name, in the component of that name. */
static const fmtconv_tensor *
given (const fci_wanted *wanted, const fmtconv_model *component, const char *name)
{
  if (!wanted->model)
    return NULL;
  FCI_FOREACH_LEAF (leaf, wanted->model)
    {
      const fmtconv_tensor *t = fmtconv_model_find (leaf, name);
      if (t && strcmp (fmtconv_model_name (leaf), fmtconv_model_name (component)) == 0)
        return t;
    }
  return NULL;
}

/* Notes that a tensor which is part of a region of another name was read back. */
static fmtconv_view *
note_part (fci_wanted *wanted, const fmtconv_tensor *own, const fmtconv_tensor *t, const char **wrong)
{
  const fmtconv_tensor **found = fci_list_add (wanted->ctx, &wanted->found, sizeof *found);
  if (!found)
    return NULL;
  *found = own;
  if (same_form (own->view, t->view))
    return own->view;
  *wrong = "it has another data type or shape in the written file";
  return NULL;
}

fmtconv_view *
fci_wanted_find (fci_wanted *wanted, const fmtconv_file *file, const fmtconv_model *leaf,
                 const fmtconv_tensor *t, const char **wrong)
{
  fci_wanted_region *first = NULL;
  size_t n = 0;
  uintptr_t at = 0;
  bool is_one = true;
  fci_map_get (wanted->names, t->name, strlen (t->name), &at);
  for (; at; at = REGION (wanted, at - 1)->next)
    {
      fci_wanted_region *r = REGION (wanted, at - 1);
      if (!is_in (r, file, leaf))
        continue;
      is_one = is_one && (!first || first->tensor == r->tensor);
      first = first ? first : r;
      r->found = true;
      n++;
    }
  const fmtconv_tensor *own = first ? NULL : given (wanted, leaf, t->name);
  if (!first && own)
    return note_part (wanted, own, t, wrong);
  if (!first)
    *wrong = "it is in the written file, but was not written";
  else if (is_one && first->tensor && same_form (first->tensor->view, t->view))
    return first->tensor->view;
  else if (n == 1 && same_form (first->region->u.tensor.view, t->view))
    return first->region->u.tensor.view;
  else
    *wrong = "it has another data type or shape in the written file";
  return NULL;
}

static int
by_address (const void *a, const void *b)
{
  const uintptr_t x = *(const uintptr_t *) a, y = *(const uintptr_t *) b;
  return (x > y) - (x < y);
}

/* Returns whether all tensors that a region shows were read back under their own names. */
static bool
is_found_in_parts (fci_wanted *wanted, const fci_region *region)
{
  size_t n, found = 0;
  if (!wanted->found.n)
    return false;
  const uint32_t *numbers = fci_view_origin_numbers (region->u.tensor.view, &n);
  for (size_t i = 0; numbers && i < n; i++)
    {
      const fmtconv_tensor *t = fci_origin_tensor (wanted->ctx, numbers[i]);
      found += bsearch (&t, wanted->found.items, wanted->found.n, sizeof t, by_address) != NULL;
    }
  return numbers && n && found == n;
}

const fci_wanted_region *
fci_wanted_missing (fci_wanted *wanted, size_t from, size_t to)
{
  if (wanted->found.n)
    qsort (wanted->found.items, wanted->found.n, sizeof (const fmtconv_tensor *), by_address);
  for (size_t i = from; i < to; i++)
    {
      const fci_wanted_region *r = REGION (wanted, i);
      if (!r->found && !is_found_in_parts (wanted, r->region))
        return r;
    }
  return NULL;
}

bool
fci_wanted_any (const fci_wanted *wanted, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    if (REGION (wanted, i)->found)
      return true;
  return false;
}
