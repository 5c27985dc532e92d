/* core/model/freeze.c: closes a model: checks its lineage and numbers its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/model/freeze.h"
#include "core/model/private.h"
#include "core/model/quant-description.h"
#include "core/model/scaling.h"
#include "core/model/whole.h"
#include "core/view/inspect.h"
#include "core/view/require-equal.h"
#include <string.h>

/* A model and the number of its first tensor, which is asked for when a part has ended, too. */
typedef struct numbered
{
  const fmtconv_model *model;
  uint32_t base;
} numbered;

/* The frozen models of a context, by the numbers of their first tensors. */
typedef struct frozen
{
  numbered *at;
  size_t n;
  size_t capacity;
  uint32_t next; /* number of the next tensor */
} frozen;

static const fci_state_key frozen_key = { "model/freeze.c", sizeof (frozen) };

static frozen *
frozen_of (fmtconv_ctx *ctx)
{
  return fci_state (ctx, &frozen_key);
}

/* Gives a model's tensors their numbers in the context. Returns false on an error. */
static bool
register_model (fmtconv_model *model)
{
  frozen *all = frozen_of (model->ctx);
  if (!all)
    return false;
  if (model->count >= FCI_NO_ORIGIN - all->next)
    {
      fmtconv_fail (model->ctx, FMTCONV_E_LIMIT, "the models have too many tensors in total");
      return false;
    }
  if (all->n == all->capacity)
    {
      size_t capacity = all->capacity ? 2 * all->capacity : 8;
      numbered *more = fmtconv_ctx_alloc (model->ctx, capacity, sizeof *more);
      if (!more)
        return false;
      if (all->n)
        memcpy (more, all->at, all->n * sizeof *more);
      all->at = more;
      all->capacity = capacity;
    }
  all->at[all->n++] = (numbered){ .model = model, .base = all->next };
  model->base = all->next;
  all->next += (uint32_t) model->count;
  return true;
}

uint32_t
fci_origins (const fmtconv_ctx *ctx)
{
  const frozen *all = fci_state_find (ctx, &frozen_key);
  return all ? all->next : 0;
}

const fmtconv_tensor *
fci_origin_tensor (fmtconv_ctx *ctx, uint32_t origin)
{
  const frozen *all = fci_state_find (ctx, &frozen_key);
  size_t a = 0, b = all ? all->n : 0;
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (all->at[middle].base <= origin)
        a = middle + 1;
      else
        b = middle;
    }
  return a > 0 ? fci_model_tensor (all->at[a - 1].model, origin - all->at[a - 1].base) : NULL;
}

/* Gives the tensors their numbers, sets them as the origins of all boxes, and names the requirements.  Returns false on an error. */
static bool
mark (fmtconv_model *model)
{
  if (!register_model (model))
    return false;
  for (fci_model_entry *entry = model->first; entry; entry = entry->next)
    {
      entry->tensor.view = fci_view_set_origin (entry->tensor.view, model->base + entry->index);
      if (!entry->tensor.view)
        return false;
      entry->tensor.shape = entry->tensor.view->shape;
      fci_view_name_requirements (entry->tensor.view, entry->tensor.name);
      model->memory += fci_view_memory (entry->tensor.view);
    }
  model->marked = true;
  return true;
}

int
fci_model_mark (const fmtconv_model *model)
{
  FCI_FOREACH_LEAF (leaf, model)
    if (!leaf->marked && !mark ((fmtconv_model *) leaf))
      break;
  return fmtconv_ctx_failed (model->ctx);
}

/* Freezes one model without its components. */
static bool
freeze_one (fmtconv_model *model)
{
  if (!fci_model_number (model) || (!model->is_part && !mark (model)))
    return false;
  model->memory += model->count * sizeof *model->entries;
  model->frozen = true;
  model->features |= model->n_blobs ? FMTCONV_FEATURE_BLOBS : 0;
  model->features |= fci_model_scaled (model) ? FMTCONV_FEATURE_SCALED : 0;
  return !fmtconv_ctx_failed (model->ctx);
}

static bool
freeze_components (fmtconv_model *model)
{
  for (size_t i = 0; i < model->n_components; i++)
    {
      fmtconv_model *component = model->components[i];
      if (!component->frozen && !freeze_one (component))
        return false;
      model->features |= component->features | FMTCONV_FEATURE_COMPONENTS;
    }
  return true;
}

/* Checks a transform's result, and keeps its descriptions true.  Returns false on an error. */
static bool
close_scope (fmtconv_model *model, const char *plugin)
{
  if (!fci_transform_scope_close (model->scope, model, plugin)
      || fci_model_check_whole (model->scope, model, plugin))
    return false;
  FCI_FOREACH_LEAF (leaf, model)
    if (fci_quant_follow ((fmtconv_model *) leaf, model->scope))
      return false;
  return true;
}

int
fci_model_freeze (fmtconv_model *model, const char *plugin)
{
  if (model->frozen || fmtconv_ctx_failed (model->ctx))
    return fmtconv_ctx_failed (model->ctx);
  if (model->n_components && (model->count || model->n_blobs))
    return fmtconv_fail (model->ctx, FMTCONV_E_INTERNAL,
                         "'%s' made a model with components that also has tensors or files outside them",
                         plugin ? plugin : "a plugin");
  if (!model->scope || close_scope (model, plugin))
    {
      if (freeze_one (model))
        freeze_components (model);
    }
  return fmtconv_ctx_failed (model->ctx);
}

uint32_t
fci_model_base (const fmtconv_model *model)
{
  return model->base;
}

const uint32_t *
fci_tensor_origins (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n)
{
  const fci_model_entry *entry = (const fci_model_entry *) tensor;
  *n = model->frozen ? entry->n_from : 0;
  return entry->from ? entry->from : &entry->from_one;
}
