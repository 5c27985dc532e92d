/* core/model/scope.c: the account of a stage: what it was given must be used or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/scope.h"
#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/model/private.h"
#include "core/view/origins.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

static bool
give (fci_transform_scope *stage, const fmtconv_model *leaf)
{
  const bool tells =
      leaf->count > 0 || fci_model_input (leaf, 0); /* of nothing too, where it was something */
  if (!tells || fci_transform_scope_input (stage, leaf))
    return true;
  if (stage->n == stage->capacity)
    {
      size_t capacity = stage->capacity ? 2 * stage->capacity : 2;
      fci_scope_input *given = fmtconv_ctx_alloc (stage->ctx, capacity, sizeof *given);
      if (!given)
        return false;
      if (stage->n)
        memcpy (given, stage->given, stage->n * sizeof *given);
      stage->given = given;
      stage->capacity = capacity;
    }
  uint32_t *uses = fmtconv_ctx_alloc (stage->ctx, leaf->count, sizeof *uses);
  if (!uses)
    return false;
  stage->memory += leaf->count * sizeof *uses;
  stage->given[stage->n++] = (fci_scope_input){ .model = leaf, .uses = uses };
  return true;
}

static bool
give_all (fci_transform_scope *stage, const fmtconv_model *model)
{
  FCI_FOREACH_LEAF (leaf, model)
    if (!give (stage, leaf))
      return false;
  return true;
}

fci_transform_scope *
fci_transform_scope_new (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  fci_transform_scope *stage = fci_new (ctx, fci_transform_scope);
  if (!stage)
    return NULL;
  stage->ctx = ctx;
  return give_all (stage, model) ? stage : NULL;
}

/* The transform that runs. */
typedef struct running
{
  const fmtconv_model *makes; /* NULL: none runs */
} running;

static const fci_state_key running_key = { "model/scope.c", sizeof (running) };

const fmtconv_model *
fci_model_run (fmtconv_ctx *ctx, const fmtconv_model *made)
{
  running *now = fci_state (ctx, &running_key);
  const fmtconv_model *before = now ? now->makes : NULL;
  if (now)
    now->makes = made;
  return before;
}

void
fci_transform_scope_add (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  const running *now = fci_state_find (ctx, &running_key);
  fci_transform_scope *stage = now && now->makes ? now->makes->stage : NULL;
  if (stage && model && !stage->closed)
    give_all (stage, model);
}

fci_scope_input *
fci_transform_scope_input (const fci_transform_scope *stage, const fmtconv_model *model)
{
  for (size_t i = 0; stage && i < stage->n; i++)
    if (stage->given[i].model == model)
      return &stage->given[i];
  return NULL;
}

fci_scope_input *
fci_transform_scope_find (const fci_transform_scope *stage, uint32_t origin, size_t *index)
{
  for (size_t i = 0; stage && i < stage->n; i++)
    {
      const fmtconv_model *model = stage->given[i].model;
      *index = origin - model->base;
      if (origin >= model->base && *index < model->count)
        return &stage->given[i];
    }
  return NULL;
}

bool
fci_transform_scope_drop (fci_transform_scope *stage, fci_scope_input *given, size_t index, const char *why)
{
  if (!given->dropped)
    {
      given->dropped = fmtconv_ctx_alloc (stage->ctx, given->model->count, sizeof *given->dropped);
      if (!given->dropped)
        return false;
      stage->memory += given->model->count * sizeof *given->dropped;
    }
  given->dropped[index] = why;
  return true;
}

/* The first reason stays. */
static bool
drop_origin (fci_transform_scope *stage, uint32_t origin, const char *why)
{
  size_t index;
  fci_scope_input *given = fci_transform_scope_find (stage, origin, &index);
  if (!given || (given->dropped && given->dropped[index]))
    return true;
  return fci_transform_scope_drop (stage, given, index, why);
}

bool
fci_transform_scope_drop_view (fci_transform_scope *stage, fmtconv_view *view, const char *why)
{
  bool good = true;
  for (size_t i = 0; good && i < view->n_boxes; i++)
    good = drop_origin (stage, view->boxes[i].origin, why);
  for (size_t i = 0; good && view->extra_origins && i < view->extra_origins->n; i++)
    good = drop_origin (stage, view->extra_origins->origin[i], why);
  return good;
}

/* Keep the numbers an entry came from, and count the uses. */
static bool
record (fci_transform_scope *stage, fmtconv_model *model, fci_model_entry *entry, const uint32_t *from,
        size_t n)
{
  size_t index;
  for (size_t i = 0; i < n; i++)
    {
      fci_scope_input *given = fci_transform_scope_find (stage, from[i], &index);
      if (given)
        given->uses[index]++;
    }
  entry->n_from = (uint32_t) n;
  entry->from_one = n > 0 ? from[0] : 0;
  entry->from = NULL;
  if (n < 2)
    return true;
  uint32_t *copy = fmtconv_ctx_alloc (model->ctx, n, sizeof *copy);
  if (!copy)
    return false;
  memcpy (copy, from, n * sizeof *copy);
  model->memory += n * sizeof *copy;
  entry->from = copy;
  return true;
}

static bool
trace (fci_transform_scope *stage, fmtconv_model *model, fci_model_entry *entry)
{
  uint32_t few[8];
  size_t most = fci_view_most_origins (entry->tensor.view);
  uint32_t *from = most <= 8 ? few : malloc (most * sizeof *from);
  if (!from)
    return fci_nomem (model->ctx) != NULL;
  bool good = record (stage, model, entry, from, fci_view_origins (entry->tensor.view, from));
  if (from != few)
    free (from);
  return good;
}

static bool
is_lost (const fci_scope_input *given, size_t i)
{
  return given->uses[i] == 0 && !(given->dropped && given->dropped[i]);
}

/* Is every tensor that was given used or dropped? */
static bool
check (const fci_transform_scope *stage, const char *plugin)
{
  size_t lost = 0, count = 0;
  for (size_t k = 0; k < stage->n; k++)
    for (size_t i = 0; i < stage->given[k].model->count; i++, count++)
      lost += is_lost (&stage->given[k], i);
  if (lost == 0)
    return true;
  for (size_t k = 0; k < stage->n; k++)
    for (size_t i = 0; i < stage->given[k].model->count; i++)
      if (is_lost (&stage->given[k], i))
        fmtconv_detail (stage->ctx, "%s", stage->given[k].model->entries[i]->tensor.name);
  return fmtconv_fail (stage->ctx, FMTCONV_E_INTERNAL, "'%s' neither used nor dropped %zu of %zu tensors",
                       plugin ? plugin : "a plugin", lost, count)
         == 0;
}

bool
fci_transform_scope_close (fci_transform_scope *stage, fmtconv_model *model, const char *plugin)
{
  FCI_FOREACH_LEAF (leaf, model)
    for (fci_model_entry *entry = leaf->first; entry; entry = entry->next)
      if (!trace (stage, (fmtconv_model *) leaf, entry))
        return false;
  stage->closed = true;
  return check (stage, plugin);
}

const fmtconv_model *
fci_model_input (const fmtconv_model *model, size_t i)
{
  return model->stage && i < model->stage->n ? model->stage->given[i].model : NULL;
}

const char *
fci_model_dropped (const fmtconv_model *model, uint32_t origin)
{
  size_t index;
  const fci_scope_input *given = fci_transform_scope_find (model->stage, origin, &index);
  return given && given->dropped && given->uses[index] == 0 ? given->dropped[index] : NULL;
}
