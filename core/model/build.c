/* core/model/build.c: fills models: put, replace, drop, skip.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/model/private.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include "core/view/view.h"
#include <string.h>

/* Returns the reason why a name is not valid, or NULL. */
static const char *
name_refusal (const char *name, size_t len)
{
  if (len == 0)
    return "a tensor has an empty name";
  if (len > FCI_MAX_NAME)
    return "a tensor's name has more than 4096 bytes";
  if (!fci_is_utf8 (name, len))
    return "a tensor's name is not valid UTF-8";
  uint32_t c;
  for (size_t i = fci_printable (name, len); i < len;)
    {
      i += fci_utf8_next (name + i, len - i, &c);
      if (fci_is_control (c))
        return "a tensor's name contains control characters";
    }
  return NULL;
}

/* Returns the place of a tensor; for a reader's tensor with the place of its data. */
static fmtconv_where
where_of (const fmtconv_model *out, const char *name, const fmtconv_view *view)
{
  fmtconv_where where = { .tensor = name };
  if (fci_subject_now (out->ctx)->is_read && view->n_boxes && view->boxes[0].source->disk)
    {
      where.source = view->boxes[0].source;
      where.offset = view->boxes[0].offset;
    }
  return where;
}

static bool
check_name (fmtconv_model *out, const char *name, size_t len, const fmtconv_view *view)
{
  fmtconv_where where = where_of (out, name, view);
  const char *wrong = name_refusal (name, len);
  if (wrong)
    {
      if (fci_subject_now (out->ctx)->is_read)
        where.hint = "rename the tensor in the program that saved the file";
      fmtconv_fail_at (out->ctx, FMTCONV_E_FORMAT, &where, "%s", wrong);
      return false;
    }
  if (out->count >= FCI_MAX_TENSORS)
    {
      fmtconv_fail_at (out->ctx, FMTCONV_E_LIMIT, &where, "a model has more than %d tensors",
                       (int) FCI_MAX_TENSORS);
      return false;
    }
  return true;
}

/* Binds a name to an entry.  Returns false if another tensor has it, or out of memory (recorded). */
static bool
bind (fmtconv_model *out, const char *name, size_t len, const fmtconv_view *view, fci_model_entry *entry)
{
  uintptr_t *place = fci_map_place (out->names, name, len);
  if (place && *place)
    {
      const fmtconv_where where = where_of (out, name, view);
      fmtconv_fail_at (out->ctx, FMTCONV_E_FORMAT, &where, "two tensors have this name");
      return false;
    }
  if (place)
    *place = (uintptr_t) entry;
  return place != NULL;
}

static void
set_view (fci_model_entry *entry, fmtconv_view *view)
{
  entry->tensor.view = view;
  entry->tensor.dtype = view->dtype;
  entry->tensor.rank = view->rank;
  entry->tensor.shape = view->shape;
  entry->tensor.bytes = fci_view_bytes (view);
}

static void
append (fmtconv_model *out, fci_model_entry *entry)
{
  entry->before = out->last;
  if (out->last)
    out->last->next = entry;
  else
    out->first = entry;
  out->last = entry;
  out->count++;
  out->numbered = false;
}

/* Returns whether a call can begin; NULL as that argument is an error. */
static bool
has_argument (const fmtconv_model *out, const char *call, const char *name, const void *argument)
{
  return out && fci_has_argument (out->ctx, call, name, argument);
}

/* Adds a tensor, whose name, of len bytes, is checked and referenced.  NULL: out of memory. */
static void
add (fmtconv_model *out, const char *name, size_t len, fmtconv_view *view)
{
  fci_model_entry *entry = name ? fci_slab_new (out->ctx, out->arena, &out->made, sizeof *entry) : NULL;
  if (!entry || !bind (out, name, len, view, entry))
    return;
  entry->tensor.name = name;
  entry->model = out;
  set_view (entry, view);
  append (out, entry);
  out->ctx->budget.tensors++;
  out->memory += sizeof *entry;
}

void
fmtconv_model_put (fmtconv_model *out, const char *name, fmtconv_view *view)
{
  if (!has_argument (out, "fmtconv_model_put", "name", name)
      || !has_argument (out, "fmtconv_model_put", "view", view) || !fci_model_is_open (out))
    return;
  size_t len = strlen (name);
  if (!check_name (out, name, len, view))
    return;
  add (out, fci_strndup (out->ctx, name, len), len, view);
  out->memory += len + 1;
}

void
fci_model_put_all (fmtconv_model *out, const fmtconv_model *from)
{
  if (!fci_map_reserve (out->names, out->count + from->count))
    return;
  FMTCONV_FOREACH (t, from)
    {
      const size_t len = strlen (t->name);
      if (check_name (out, t->name, len, t->view))
        add (out, t->name, len, t->view);
    }
}

void
fmtconv_model_replace (fmtconv_model *out, const fmtconv_tensor *tensor, fmtconv_view *view)
{
  if (!has_argument (out, "fmtconv_model_replace", "tensor", tensor)
      || !has_argument (out, "fmtconv_model_replace", "view", view) || !fci_model_is_open (out))
    return;
  fci_model_entry *entry = (fci_model_entry *) tensor;
  if (entry->model != out)
    {
      fmtconv_fail_at (out->ctx, FMTCONV_E_INTERNAL, &(fmtconv_where){ .tensor = tensor->name },
                       "only a tensor of the model itself can be replaced");
      return;
    }
  set_view (entry, view);
  out->numbered = false;
}

/* Removes one of out's own tensors; a reader's tensor is listed as skipped. */
static void
remove_own (fmtconv_model *out, fci_model_entry *entry, const char *why)
{
  if ((out->scope && !fci_transform_scope_drop_view (out->scope, entry->tensor.view, why))
      || !fci_map_set (out->names, entry->tensor.name, strlen (entry->tensor.name), 0))
    return;
  if (entry->before)
    entry->before->next = entry->next;
  else
    out->first = entry->next;
  if (entry->next)
    entry->next->before = entry->before;
  else
    out->last = entry->before;
  entry->model = NULL;
  out->count--;
  out->numbered = false;
  if (!out->scope)
    fmtconv_model_skip (out, entry->tensor.name, entry->tensor.bytes, why);
}

void
fmtconv_model_drop (fmtconv_model *out, const fmtconv_tensor *tensor, const char *why)
{
  if (!has_argument (out, "fmtconv_model_drop", "tensor", tensor) || !fci_model_is_open (out))
    return;
  fci_model_entry *entry = (fci_model_entry *) tensor;
  const fmtconv_where where = { .tensor = tensor->name };
  bool own = entry->model == out;
  fci_scope_input *given = own ? NULL : fci_transform_scope_input (out->scope, entry->model);
  if (!why || !*why)
    fmtconv_fail_at (out->ctx, FMTCONV_E_INTERNAL, &where, "a tensor was dropped without a reason");
  else if (!own && !given)
    fmtconv_fail_at (out->ctx, FMTCONV_E_INTERNAL, &where, "a tensor of another model was dropped");
  else if ((why = fci_strdup (out->ctx, why)) == NULL)
    return;
  else if (own)
    remove_own (out, entry, why);
  else
    fci_transform_scope_drop (out->scope, given, entry->index, why);
}

void
fmtconv_model_untie (fmtconv_model *out)
{
  if (!fci_model_is_open (out))
    return;
  out->untied = true;
  out->numbered = false;
}

void
fmtconv_model_skip (fmtconv_model *out, const char *what, uint64_t bytes, const char *why)
{
  if (!has_argument (out, "fmtconv_model_skip", "what", what) || !fci_model_is_open (out))
    return;
  fci_skip *skip = fci_new (out->ctx, fci_skip);
  if (!skip)
    return;
  *skip = (fci_skip){ .what = fci_strdup (out->ctx, what),
                      .why = why ? fci_strdup (out->ctx, why) : NULL,
                      .bytes = bytes };
  if (out->last_skip)
    out->last_skip->next = skip;
  else
    out->skips = skip;
  out->last_skip = skip;
  out->memory += sizeof *skip;
}
