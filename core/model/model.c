/* core/model/model.c: access to models: tensors in order, by name, by number.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/private.h"
#include "core/model/tied.h"
#include "core/view/view.h"
#include <fmtconv/rules.h>
#include <string.h>

fmtconv_attr *
fmtconv_model_attrs (const fmtconv_model *model)
{
  return model ? model->attrs : NULL;
}

size_t
fmtconv_model_count (const fmtconv_model *model)
{
  return model ? model->count : 0;
}

/* The tensors after a dropped tensor may have been dropped too. */
const fmtconv_tensor *
fmtconv_model_next (const fmtconv_model *model, const fmtconv_tensor *after)
{
  if (!model)
    return NULL;
  const fci_model_entry *entry = after ? ((const fci_model_entry *) after)->next : model->first;
  while (entry && !entry->model)
    entry = entry->next;
  return entry ? &entry->tensor : NULL;
}

const fmtconv_tensor *
fmtconv_model_find (const fmtconv_model *model, const char *name)
{
  uintptr_t value;
  if (!model || !name || !fci_map_get (model->names, name, strlen (name), &value))
    return NULL;
  return (const fmtconv_tensor *) value;
}

fmtconv_ctx *
fci_model_ctx (const fmtconv_model *model)
{
  return model->ctx;
}

unsigned
fci_model_features (const fmtconv_model *model)
{
  return model->features;
}

/* A frozen model is numbered already and does not change. */
bool
fci_model_number (fmtconv_model *model)
{
  if (model->numbered)
    return true;
  model->entries = fci_alloc_in (model->ctx, model->arena, model->count, sizeof *model->entries);
  if (!model->entries)
    return false;
  uint32_t i = 0;
  for (fci_model_entry *entry = model->first; entry; entry = entry->next)
    {
      model->entries[i] = entry;
      entry->index = i++;
    }
  model->numbered = fci_model_tie (model);
  return model->numbered;
}

const fmtconv_tensor *
fci_model_tensor (const fmtconv_model *model, size_t i)
{
  if (i >= model->count || !fci_model_number ((fmtconv_model *) model))
    return NULL;
  return &model->entries[i]->tensor;
}

size_t
fci_tensor_index (const fmtconv_tensor *tensor)
{
  const fci_model_entry *entry = (const fci_model_entry *) tensor;
  if (entry->model)
    fci_model_number ((fmtconv_model *) entry->model);
  return entry->index;
}

const fmtconv_model *
fci_tensor_model (const fmtconv_tensor *tensor)
{
  return ((const fci_model_entry *) tensor)->model;
}

const fmtconv_tensor *
fmtconv_model_tied (const fmtconv_model *model, const fmtconv_tensor *tensor)
{
  const fci_model_entry *entry = (const fci_model_entry *) tensor;
  if (!model || !tensor || entry->model != model || !fci_model_number ((fmtconv_model *) model)
      || entry->tied == FCI_NO_TENSOR)
    return NULL;
  return &model->entries[entry->tied]->tensor;
}

const fci_skip *
fci_model_skips (const fmtconv_model *model)
{
  return model->skips;
}

size_t
fci_model_tensors (const fmtconv_model *model)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, model)
    n += leaf->count;
  return n;
}

uint64_t
fci_model_bytes (const fmtconv_model *model)
{
  uint64_t sum = 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (__builtin_add_overflow (sum, t->bytes, &sum))
        return UINT64_MAX;
  return sum;
}

uint64_t
fci_model_elements (const fmtconv_model *model)
{
  uint64_t sum = 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (__builtin_add_overflow (sum, t->view->elements, &sum))
        return UINT64_MAX;
  return sum;
}

uint64_t
fci_model_memory (const fmtconv_model *model)
{
  uint64_t scope = model->scope && !model->bundle ? model->scope->memory : 0;
  uint64_t sum = model->memory + fci_map_memory (model->names) + scope;
  for (size_t i = 0; i < model->n_components; i++)
    sum += fci_model_memory (model->components[i]);
  return sum;
}

void
fci_model_bind (fmtconv_model *model, const char *name, uint64_t value)
{
  for (fci_binding *b = model->bindings; b; b = b->next)
    if (strcmp (b->name, name) == 0)
      {
        b->value = value;
        return;
      }
  fci_binding *b = fci_new (model->ctx, fci_binding);
  if (!b)
    return;
  *b = (fci_binding){ .name = fci_strdup (model->ctx, name), .value = value, .next = model->bindings };
  if (b->name)
    model->bindings = b;
}

uint64_t
fmtconv_rules_variable (const fmtconv_model *out, const char *name)
{
  for (const fci_binding *b = out ? out->bindings : NULL; b; b = b->next)
    if (strcmp (b->name, name) == 0)
      return b->value;
  return 0;
}

bool
fci_model_is_open (const fmtconv_model *out)
{
  if (!out || fmtconv_ctx_failed (out->ctx))
    return false;
  if (out->frozen)
    fmtconv_fail (out->ctx, FMTCONV_E_INTERNAL, "an input model cannot be changed");
  return !out->frozen;
}

const char *
fmtconv_model_name (const fmtconv_model *model)
{
  return model && model->name ? model->name : "";
}

/* Returns the position of a component, or n_components. */
static size_t
place_of (const fmtconv_model *model, const fmtconv_model *component)
{
  size_t i = 0;
  while (i < model->n_components && model->components[i] != component)
    i++;
  return i;
}

const fmtconv_model *
fmtconv_model_next_component (const fmtconv_model *model, const fmtconv_model *after)
{
  if (!model)
    return NULL;
  size_t i = after ? place_of (model, after) + 1 : 0;
  return i < model->n_components ? model->components[i] : NULL;
}

const fmtconv_model *
fci_model_find_component (const fmtconv_model *model, const char *name)
{
  const fmtconv_model *c = NULL;
  while ((c = fmtconv_model_next_component (model, c)) && strcmp (fmtconv_model_name (c), name))
    ;
  return c;
}

const fmtconv_model *
fci_next_leaf (const fmtconv_model *model, const fmtconv_model *after)
{
  if (model->n_components)
    return fmtconv_model_next_component (model, after);
  return after ? NULL : model;
}
