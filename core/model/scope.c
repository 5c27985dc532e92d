/* core/model/scope.c: the scope of a transform: every tensor given to it must be used or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/model/private.h"
#include "core/model/scope.h"
#include "core/view/origins.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

static bool
give (fci_transform_scope *scope, const fmtconv_model *leaf)
{
  const bool tells =
      leaf->count > 0 || fci_model_input (leaf, 0); /* also an empty model that was derived from tensors */
  if (!tells || fci_transform_scope_input (scope, leaf))
    return true;
  if (scope->n == scope->capacity)
    {
      size_t capacity = scope->capacity ? 2 * scope->capacity : 2;
      fci_scope_input *given = fmtconv_ctx_alloc (scope->ctx, capacity, sizeof *given);
      if (!given)
        return false;
      if (scope->n)
        memcpy (given, scope->given, scope->n * sizeof *given);
      scope->given = given;
      scope->capacity = capacity;
    }
  uint32_t *uses = fmtconv_ctx_alloc (scope->ctx, leaf->count, sizeof *uses);
  if (!uses)
    return false;
  scope->memory += leaf->count * sizeof *uses;
  scope->given[scope->n++] = (fci_scope_input){ .model = leaf, .uses = uses };
  return true;
}

static bool
give_all (fci_transform_scope *scope, const fmtconv_model *model)
{
  FCI_FOREACH_LEAF (leaf, model)
    if (!give (scope, leaf))
      return false;
  return true;
}

fci_transform_scope *
fci_transform_scope_new (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  fci_transform_scope *scope = fci_new (ctx, fci_transform_scope);
  if (!scope)
    return NULL;
  scope->ctx = ctx;
  return give_all (scope, model) ? scope : NULL;
}

/* The running transform. */
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
  fci_transform_scope *scope = now && now->makes ? now->makes->scope : NULL;
  if (scope && model && !scope->closed)
    give_all (scope, model);
}

fci_scope_input *
fci_transform_scope_input (const fci_transform_scope *scope, const fmtconv_model *model)
{
  for (size_t i = 0; scope && i < scope->n; i++)
    if (scope->given[i].model == model)
      return &scope->given[i];
  return NULL;
}

fci_scope_input *
fci_transform_scope_find (const fci_transform_scope *scope, uint32_t origin, size_t *index)
{
  for (size_t i = 0; scope && i < scope->n; i++)
    {
      const fmtconv_model *model = scope->given[i].model;
      *index = origin - model->base;
      if (origin >= model->base && *index < model->count)
        return &scope->given[i];
    }
  return NULL;
}

bool
fci_transform_scope_drop (fci_transform_scope *scope, fci_scope_input *given, size_t index, const char *why)
{
  if (!given->dropped)
    {
      given->dropped = fmtconv_ctx_alloc (scope->ctx, given->model->count, sizeof *given->dropped);
      if (!given->dropped)
        return false;
      scope->memory += given->model->count * sizeof *given->dropped;
    }
  given->dropped[index] = why;
  return true;
}

/* Records a reason for a tensor; the first reason stays. */
static bool
drop_origin (fci_transform_scope *scope, uint32_t origin, const char *why)
{
  size_t index;
  fci_scope_input *given = fci_transform_scope_find (scope, origin, &index);
  if (!given || (given->dropped && given->dropped[index]))
    return true;
  return fci_transform_scope_drop (scope, given, index, why);
}

bool
fci_transform_scope_drop_view (fci_transform_scope *scope, fmtconv_view *view, const char *why)
{
  bool good = true;
  for (size_t i = 0; good && i < view->n_boxes; i++)
    good = drop_origin (scope, view->boxes[i].origin, why);
  for (size_t i = 0; good && view->extra_origins && i < view->extra_origins->n; i++)
    good = drop_origin (scope, view->extra_origins->origin[i], why);
  return good;
}

/* Stores the origins of an entry, and counts the uses. */
static bool
record (fci_transform_scope *scope, fmtconv_model *model, fci_model_entry *entry, const uint32_t *from,
        size_t n)
{
  size_t index;
  for (size_t i = 0; i < n; i++)
    {
      fci_scope_input *given = fci_transform_scope_find (scope, from[i], &index);
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
trace (fci_transform_scope *scope, fmtconv_model *model, fci_model_entry *entry)
{
  uint32_t few[8];
  size_t most = fci_view_most_origins (entry->tensor.view);
  uint32_t *from = most <= 8 ? few : malloc (most * sizeof *from);
  if (!from)
    {
      fci_nomem (model->ctx);
      return false;
    }
  bool good = record (scope, model, entry, from, fci_view_origins (entry->tensor.view, from));
  if (from != few)
    free (from);
  return good;
}

static bool
is_lost (const fci_scope_input *given, size_t i)
{
  return given->uses[i] == 0 && !(given->dropped && given->dropped[i]);
}

/* Checks that every given tensor is used or dropped. Returns false if not (recorded). */
static bool
check (const fci_transform_scope *scope, const char *plugin)
{
  size_t lost = 0, count = 0;
  for (size_t k = 0; k < scope->n; k++)
    for (size_t i = 0; i < scope->given[k].model->count; i++, count++)
      lost += is_lost (&scope->given[k], i);
  if (lost == 0)
    return true;
  for (size_t k = 0; k < scope->n; k++)
    for (size_t i = 0; i < scope->given[k].model->count; i++)
      if (is_lost (&scope->given[k], i))
        fmtconv_detail (scope->ctx, "%s", scope->given[k].model->entries[i]->tensor.name);
  fmtconv_fail (scope->ctx, FMTCONV_E_INTERNAL, "'%s' neither used nor dropped %zu of %zu tensors",
                plugin ? plugin : "a plugin", lost, count);
  return false;
}

bool
fci_transform_scope_close (fci_transform_scope *scope, fmtconv_model *model, const char *plugin)
{
  FCI_FOREACH_LEAF (leaf, model)
    for (fci_model_entry *entry = leaf->first; entry; entry = entry->next)
      if (!trace (scope, (fmtconv_model *) leaf, entry))
        return false;
  scope->closed = true;
  return check (scope, plugin);
}

const fmtconv_model *
fci_model_input (const fmtconv_model *model, size_t i)
{
  return model->scope && i < model->scope->n ? model->scope->given[i].model : NULL;
}

const char *
fci_model_dropped (const fmtconv_model *model, uint32_t origin)
{
  size_t index;
  const fci_scope_input *given = fci_transform_scope_find (model->scope, origin, &index);
  return given && given->dropped && given->uses[index] == 0 ? given->dropped[index] : NULL;
}
