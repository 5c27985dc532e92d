/* core/model/new.c: creates models: empty, continued, bundled, adopted.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/scratch.h"
#include "core/model/bundle.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/model/private.h"
#include <string.h>

enum
{
  MAX_COMPONENTS = 64
};

static bool
append (fmtconv_model *model, fmtconv_model *component)
{
  if (model->n_components == MAX_COMPONENTS)
    {
      fmtconv_fail (model->ctx, FMTCONV_E_LIMIT, "a model has more than %d components", (int) MAX_COMPONENTS);
      return false;
    }
  if (!model->components)
    model->components = fmtconv_ctx_alloc (model->ctx, MAX_COMPONENTS, sizeof *model->components);
  if (!model->components)
    return false;
  model->components[model->n_components++] = component;
  return true;
}

static fmtconv_model *
find_component (const fmtconv_model *model, const char *name)
{
  for (size_t i = 0; i < model->n_components; i++)
    if (!strcmp (fmtconv_model_name (model->components[i]), name))
      return model->components[i];
  return NULL;
}

/* Returns an empty model in an arena of the context. */
static fmtconv_model *
new_in (fmtconv_ctx *ctx, fci_arena *arena)
{
  fmtconv_model *model = fci_alloc_in (ctx, arena, 1, sizeof *model);
  if (!model)
    return NULL;
  model->ctx = ctx;
  model->arena = arena;
  model->attrs = fmtconv_attr_object (ctx);
  model->names = fci_map_new_beside (ctx, model);
  model->memory = sizeof *model;
  return fmtconv_ctx_failed (ctx) ? NULL : model;
}

fmtconv_model *
fmtconv_model_component (fmtconv_model *out, const char *name)
{
  if (!out || !fci_has_argument (out->ctx, "fmtconv_model_component", "name", name))
    return NULL;
  fmtconv_model *component = find_component (out, name);
  if (component || !fci_model_is_open (out))
    return component;
  if (!fci_component_name_ok (name))
    {
      fmtconv_fail (out->ctx, FMTCONV_E_FORMAT, "'%s' is not a valid component name", name);
      return NULL;
    }
  component = new_in (out->ctx, out->arena);
  if (!component || !(component->name = fci_strdup (out->ctx, name)) || !append (out, component))
    return NULL;
  component->is_part = out->is_part;
  component->scope = out->scope;
  component->bundle = out;
  return component;
}

void
fmtconv_model_adopt (fmtconv_model *out, const fmtconv_model *other)
{
  if (!other || !fci_model_is_open (out))
    return;
  out->untied = out->untied || other->untied;
  fmtconv_attr_overlay (out->attrs, other->attrs);
  fci_model_put_all (out, other);
  for (const fmtconv_blob *blob = other->first_blob; blob; blob = blob->next)
    fmtconv_model_attach (out, blob->name, blob->source);
  for (size_t i = 0; i < other->n_components; i++)
    fmtconv_model_adopt (fmtconv_model_component (out, other->components[i]->name), other->components[i]);
  for (const fci_skip *skip = other->skips; skip; skip = skip->next)
    fmtconv_model_skip (out, skip->what, skip->bytes, skip->why);
}

/* Copies the parts of the input that a transform keeps by default. */
static void
start_from (fmtconv_model *model, const fmtconv_model *parent)
{
  model->scope = fci_transform_scope_new (model->ctx, parent);
  model->untied = parent->untied;
  fmtconv_attr_overlay (model->attrs, parent->attrs);
  for (const fmtconv_blob *blob = parent->first_blob; blob; blob = blob->next)
    fmtconv_model_attach (model, blob->name, blob->source);
  for (size_t i = 0; i < parent->n_components; i++)
    fmtconv_model_adopt (fmtconv_model_component (model, parent->components[i]->name), parent->components[i]);
}

fmtconv_model *
fci_model_new (fmtconv_ctx *ctx, const fmtconv_model *parent)
{
  fmtconv_model *model = new_in (ctx, &ctx->arena);
  if (model && parent)
    start_from (model, parent);
  return fmtconv_ctx_failed (ctx) ? NULL : model;
}

fmtconv_model *
fci_model_new_part (fmtconv_ctx *ctx)
{
  fci_scratch *const scratch = fci_scratch_of_callback (ctx);
  fmtconv_model *model = new_in (ctx, scratch ? &scratch->arena : &ctx->arena);
  if (model)
    model->is_part = true;
  return model;
}

void
fci_model_forget_contents (fmtconv_model *out)
{
  if (!fci_model_is_open (out))
    return;
  out->n_components = 0;
  out->first_blob = out->last_blob = NULL;
  out->n_blobs = 0;
}

void
fci_model_continue (fmtconv_model *out, const fmtconv_model *from)
{
  if (!from || !fci_model_is_open (out))
    return;
  start_from (out, from);
  fci_model_put_all (out, from);
}

fmtconv_model *
fci_model_bundle (fmtconv_ctx *ctx, size_t n, fmtconv_model *const *components)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; model && i < n; i++)
    {
      if (find_component (model, fmtconv_model_name (components[i])))
        {
          fmtconv_fail (ctx, FMTCONV_E_USAGE, "two components have the name '%s'",
                        fmtconv_model_name (components[i]));
          return NULL;
        }
      if (!append (model, components[i]))
        return NULL;
    }
  return model && fci_model_freeze (model, NULL) == 0 ? model : NULL;
}
