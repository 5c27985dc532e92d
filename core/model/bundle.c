/* core/model/bundle.c: models of several components, and files that models carry along.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/model/private.h"
#include <string.h>

enum
{
  MAX_COMPONENTS = 64,
  MAX_COMPONENT_NAME = 64,
  MAX_BLOBS = 4096,
  MAX_BLOB_NAME = 255
};

const char *
fmtconv_model_name (const fmtconv_model *model)
{
  return model && model->name ? model->name : "";
}

/* Where a component is; n_components: it is none. */
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
fci_next_leaf (const fmtconv_model *model, const fmtconv_model *after)
{
  if (model->n_components)
    return fmtconv_model_next_component (model, after);
  return after ? NULL : model;
}

bool
fci_component_name_ok (const char *name)
{
  static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  size_t n = strlen (name);
  return n > 0 && n <= MAX_COMPONENT_NAME && *name != '.' && *name != '-' && strspn (name, fine) == n;
}

static bool
append (fmtconv_model *model, fmtconv_model *component)
{
  if (model->n_components == MAX_COMPONENTS)
    return fmtconv_fail (model->ctx, FMTCONV_E_LIMIT, "more than %d components", (int) MAX_COMPONENTS) == 0;
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

fmtconv_model *
fmtconv_model_component (fmtconv_model *out, const char *name)
{
  if (!out || !name || fmtconv_ctx_failed (out->ctx))
    return NULL;
  fmtconv_model *component = find_component (out, name);
  if (component || !fci_model_is_open (out))
    return component;
  if (!fci_component_name_ok (name))
    return (void) fmtconv_fail (out->ctx, FMTCONV_E_FORMAT, "'%s' cannot name a component", name), NULL;
  component = fci_model_new (out->ctx, NULL);
  if (!component || !(component->name = fci_strdup (out->ctx, name)) || !append (out, component))
    return NULL;
  component->stage = out->stage;
  component->bundle = out;
  return component;
}

int
fci_model_call (fmtconv_model *model, const char *name)
{
  if (model->name && strcmp (model->name, name))
    return fmtconv_fail (model->ctx, FMTCONV_E_USAGE, "the component '%s' cannot be '%s' too", model->name,
                         name);
  if (!fci_component_name_ok (name))
    return fmtconv_fail (model->ctx, FMTCONV_E_USAGE, "'%s' cannot name a component", name);
  model->name = fci_strdup (model->ctx, name);
  return fmtconv_ctx_failed (model->ctx);
}

fmtconv_model *
fci_model_bundle (fmtconv_ctx *ctx, size_t n, fmtconv_model *const *components)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; model && i < n; i++)
    {
      if (find_component (model, fmtconv_model_name (components[i])))
        return (void) fmtconv_fail (ctx, FMTCONV_E_USAGE, "two components are called '%s'",
                                    fmtconv_model_name (components[i])),
               NULL;
      if (!append (model, components[i]))
        return NULL;
    }
  return model && fci_model_seal (model, NULL) == 0 ? model : NULL;
}

const fmtconv_blob *
fmtconv_model_next_blob (const fmtconv_model *model, const fmtconv_blob *after)
{
  return after ? after->next : model ? model->first_blob : NULL;
}

/* What is wrong with the name of a file, or NULL. */
static const char *
blob_refusal (const fmtconv_model *out, const char *name)
{
  size_t n = strlen (name);
  if (n == 0 || n > MAX_BLOB_NAME || strchr (name, '/') || !strcmp (name, ".") || !strcmp (name, ".."))
    return "is no plain file name";
  if (!fci_is_utf8 (name, n))
    return "is not valid UTF-8";
  for (const fmtconv_blob *blob = out->first_blob; blob; blob = blob->next)
    if (!strcmp (blob->name, name))
      return "is carried along already";
  return NULL;
}

void
fmtconv_model_attach (fmtconv_model *out, const char *name, fmtconv_source *source)
{
  if (!name || !source || !fci_model_is_open (out))
    return;
  const char *wrong = blob_refusal (out, name);
  if (wrong)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_FORMAT, "a file to carry along: '%s' %s", name, wrong);
      return;
    }
  if (out->n_blobs == MAX_BLOBS)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_LIMIT, "more than %d files to carry along", (int) MAX_BLOBS);
      return;
    }
  fmtconv_blob *blob = fci_new (out->ctx, fmtconv_blob);
  if (!blob || !(blob->name = fci_strdup (out->ctx, name)))
    return;
  blob->source = source;
  if (out->last_blob)
    out->last_blob->next = blob;
  else
    out->first_blob = blob;
  out->last_blob = blob;
  out->n_blobs++;
}

void
fmtconv_model_detach (fmtconv_model *out, const fmtconv_blob *blob)
{
  if (!blob || !fci_model_is_open (out))
    return;
  fmtconv_blob *before = NULL, *at = out->first_blob;
  for (; at && at != blob; at = (fmtconv_blob *) at->next)
    before = at;
  if (!at)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_INTERNAL, "'%s' is a file of another model", blob->name);
      return;
    }
  if (before)
    before->next = at->next;
  else
    out->first_blob = (fmtconv_blob *) at->next;
  out->last_blob = at == out->last_blob ? before : out->last_blob;
  out->n_blobs--;
}
