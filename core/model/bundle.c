/* core/model/bundle.c: names of components, and files attached to models.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/model/bundle.h"
#include "core/model/private.h"
#include "core/source/source.h"
#include <string.h>

enum
{
  MAX_COMPONENT_NAME = 64,
  MAX_BLOBS = 4096,
  MAX_BLOB_NAME = 255
};

bool
fci_component_name_ok (const char *name)
{
  static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  size_t n = strlen (name);
  return n > 0 && n <= MAX_COMPONENT_NAME && *name != '.' && *name != '-' && strspn (name, fine) == n;
}

int
fci_model_set_name (fmtconv_model *model, const char *name)
{
  if (model->name && strcmp (model->name, name))
    return fmtconv_fail (model->ctx, FMTCONV_E_USAGE, "component '%s' cannot also be named '%s'", model->name,
                         name);
  if (!fci_component_name_ok (name))
    return fmtconv_fail (model->ctx, FMTCONV_E_USAGE, "'%s' is not a valid component name", name);
  model->name = fci_strdup (model->ctx, name);
  return fmtconv_ctx_failed (model->ctx);
}

const fmtconv_blob *
fmtconv_model_next_blob (const fmtconv_model *model, const fmtconv_blob *after)
{
  return after ? after->next : model ? model->first_blob : NULL;
}

/* Returns the reason why the name of a file is not valid, or NULL. */
static const char *
blob_refusal (const fmtconv_model *out, const char *name)
{
  size_t n = strlen (name);
  if (n == 0 || n > MAX_BLOB_NAME || strchr (name, '/') || !strcmp (name, ".") || !strcmp (name, ".."))
    return "is not a plain file name";
  if (!fci_is_utf8 (name, n))
    return "is not valid UTF-8";
  for (const fmtconv_blob *blob = out->first_blob; blob; blob = blob->next)
    if (!strcmp (blob->name, name))
      return "is already attached";
  return NULL;
}

void
fmtconv_model_attach (fmtconv_model *out, const char *name, fmtconv_source *source)
{
  if (!out || !fci_has_argument (out->ctx, "fmtconv_model_attach", "name", name)
      || !fci_has_argument (out->ctx, "fmtconv_model_attach", "source", source) || !fci_model_is_open (out))
    return;
  const char *wrong = blob_refusal (out, name);
  if (wrong)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_FORMAT, "cannot attach a file: '%s' %s", name, wrong);
      return;
    }
  if (out->n_blobs == MAX_BLOBS)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_LIMIT, "a model has more than %d attached files", (int) MAX_BLOBS);
      return;
    }
  fmtconv_blob *blob = fci_new (out->ctx, fmtconv_blob);
  if (!blob || !(blob->name = fci_strdup (out->ctx, name)) || !(blob->source = fci_source_keep (source)))
    return;
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
      fmtconv_fail (out->ctx, FMTCONV_E_INTERNAL, "'%s' is attached to another model", blob->name);
      return;
    }
  if (before)
    before->next = at->next;
  else
    out->first_blob = (fmtconv_blob *) at->next;
  out->last_blob = at == out->last_blob ? before : out->last_blob;
  out->n_blobs--;
}
