/* core/model/model-seal.c: closes a stage and settles the account of its parent's tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/model/model-private.h"
#include <stdlib.h>
#include <string.h>

static int
compare_numbers (const void *left, const void *right)
{
  const uint32_t *a = left;
  const uint32_t *b = right;
  return (*a > *b) - (*a < *b);
}

size_t
fci_view_origins (fmtconv_view *view, uint32_t *out)
{
  size_t n = 0;
  for (size_t i = 0; i < view->n_boxes; i++)
    if (view->boxes[i].origin != FCI_NO_ORIGIN && (n == 0 || out[n - 1] != view->boxes[i].origin))
      out[n++] = view->boxes[i].origin;
  for (size_t i = 0; view->empties && i < view->empties->n; i++)
    out[n++] = view->empties->origin[i];
  if (n < 2)
    return n;
  qsort (out, n, sizeof *out, compare_numbers);
  size_t kept = 0;
  for (size_t i = 1; i < n; i++)
    if (out[i] != out[kept])
      out[++kept] = out[i];
  return kept + 1;
}

/* Keep the numbers an entry came from, and count the uses. */
static bool
record (fmtconv_model *model, fci_entry *entry, const uint32_t *from, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (from[i] < model->parent->count)
      model->uses[from[i]]++;
  entry->n_from = (uint32_t) n;
  entry->from_one = n > 0 ? from[0] : 0;
  entry->from = NULL;
  if (n < 2)
    return true;
  uint32_t *copy = fmtconv_alloc (model->ctx, n, sizeof *copy);
  if (!copy)
    return false;
  memcpy (copy, from, n * sizeof *copy);
  model->memory += n * sizeof *copy;
  entry->from = copy;
  return true;
}

static bool
trace (fmtconv_model *model, fci_entry *entry)
{
  fmtconv_view *view = entry->tensor.view;
  uint32_t few[8];
  size_t most = view->n_boxes + (view->empties ? view->empties->n : 0);
  uint32_t *from = most <= 8 ? few : malloc (most * sizeof *from);
  if (!from)
    return fci_nomem (model->ctx) != NULL;
  bool good = record (model, entry, from, fci_view_origins (view, from));
  if (from != few)
    free (from);
  return good;
}

/* Which of the parent's tensors each tensor was made of. */
static bool
trace_all (fmtconv_model *model)
{
  if (!model->parent)
    return true;
  model->uses = fmtconv_alloc (model->ctx, model->parent->count, sizeof *model->uses);
  model->memory += model->parent->count * sizeof *model->uses;
  bool good = model->uses != NULL;
  for (fci_entry *entry = model->first; good && entry; entry = entry->next)
    good = trace (model, entry);
  return good;
}

/* Is every tensor of the parent used or dropped? */
static bool
check_account (const fmtconv_model *model, const char *plugin)
{
  size_t lost = 0;
  for (size_t i = 0; model->parent && i < model->parent->count; i++)
    lost += model->uses[i] == 0 && !fci_model_dropped (model, i);
  if (lost == 0)
    return true;
  for (size_t i = 0; i < model->parent->count; i++)
    if (model->uses[i] == 0 && !fci_model_dropped (model, i))
      fmtconv_detail (model->ctx, "%s", model->parent->entries[i]->tensor.name);
  return fmtconv_fail (model->ctx, FMTCONV_E_INTERNAL, "'%s' neither used nor dropped %zu of %zu tensors",
                       plugin ? plugin : "a plugin", lost, model->parent->count)
         == 0;
}

/* From now on every box tells its tensor's number, and requirements have a name. */
static bool
mark_all (fmtconv_model *model)
{
  for (fci_entry *entry = model->first; entry; entry = entry->next)
    {
      entry->tensor.view = fci_view_from (entry->tensor.view, entry->index);
      if (!entry->tensor.view)
        return false;
      entry->tensor.shape = entry->tensor.view->shape;
      fci_view_name_requirements (entry->tensor.view, entry->tensor.name);
      model->memory += fci_view_memory (entry->tensor.view);
    }
  return true;
}

int
fci_model_seal (fmtconv_model *model, const char *plugin)
{
  if (!model->sealed && !fmtconv_failed (model->ctx))
    {
      bool good =
          trace_all (model) && check_account (model, plugin) && fci_model_number (model) && mark_all (model);
      model->memory += model->count * sizeof *model->entries;
      model->sealed = good;
    }
  return fmtconv_failed (model->ctx);
}

const uint32_t *
fci_tensor_from (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n)
{
  const fci_entry *entry = (const fci_entry *) tensor;
  *n = model->sealed ? entry->n_from : 0;
  return entry->from ? entry->from : &entry->from_one;
}

const char *
fci_model_dropped (const fmtconv_model *model, size_t i)
{
  if (!model->dropped || i >= model->parent->count || (model->uses && model->uses[i] > 0))
    return NULL;
  return model->dropped[i];
}

size_t
fci_model_uses (const fmtconv_model *model, size_t i)
{
  return model->uses && i < model->parent->count ? model->uses[i] : 0;
}
