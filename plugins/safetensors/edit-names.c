/* plugins/safetensors/edit-names.c: gives tensors, and entries of the metadata, other names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "edit.h"
#include "plugins/common/index.h"
#include <string.h>

#define HINT_NAMES "'fmtconv inspect --tensors' lists the names"

static int
refuse (const struct safetensors_header *h, const char *tensor, const char *hint, const char *what)
{
  return fmtconv_fail_at (
      h->ctx, FMTCONV_E_USAGE,
      &(fmtconv_where){ .source = h->patch.source, .offset = 8, .tensor = tensor, .hint = hint }, "%s", what);
}

/* Returns whether a member has, or will have, the name. */
static int
is_taken (const struct safetensors_header *h, const struct safetensors_members *in, const char *name)
{
  const size_t i = safetensors_find (h, in, name);
  if (i != SAFETENSORS_NOWHERE && !in->item[i].dropped && !in->item[i].renamed)
    return 1;
  for (size_t k = 0; k < in->n; k++)
    if (in->item[k].renamed && !strcmp (in->item[k].renamed, name))
      return 1;
  return 0;
}

/* Entries of the metadata that say "other name": "name" follow the name. */
static void
rename_aliases (struct safetensors_header *h, const char *old, const char *name)
{
  for (size_t i = 0; i < h->metadata.n && !fmtconv_ctx_failed (h->ctx); i++)
    {
      const struct safetensors_member *m = &h->metadata.item[i];
      if (m->dropped || !safetensors_is_string (h, m->value, m->value_end, old))
        continue;
      const char *key = safetensors_string (h, m->key, m->key_end);
      if (!key || !index_is_alias (key, old))
        continue;
      safetensors_replace (h, m->value, m->value_end, safetensors_quote (h->ctx, name));
      patch_say (&h->patch,
                 fmtconv_ctx_printf (h->ctx, "metadata '%s': '%s' becomes '%s', the new name of its tensor",
                                     key, old, name));
    }
}

/* Checks the new name of a tensor. */
static int
check_name (const struct safetensors_header *h, const fmtconv_change *change)
{
  fmtconv_shard shard;
  if (fmtconv_shard_parse (h->base, &shard))
    return refuse (h, change->name, "rename it in all files: fmtconv -t rename INDEX OUTPUT",
                   "the index of a split model has its name, too");
  if (!*change->value || !strcmp (change->value, SAFETENSORS_METADATA)
      || strlen (change->value) > SAFETENSORS_MAX_NAME)
    return refuse (h, change->name, "give another name",
                   *change->value ? "the format does not allow the new name" : "the new name is empty");
  return 0;
}

void
safetensors_free_name (struct safetensors_header *h, const fmtconv_change *change)
{
  struct safetensors_members *in = &h->all;
  size_t i = safetensors_find (h, in, change->name);
  if (i == SAFETENSORS_NOWHERE)
    i = safetensors_find (h, in = &h->metadata, change->name);
  if (i != SAFETENSORS_NOWHERE && strcmp (change->name, change->value))
    in->item[i].renamed = "";
}

int
safetensors_rename (struct safetensors_header *h, const fmtconv_change *change)
{
  const size_t tensor = strcmp (change->name, SAFETENSORS_METADATA)
                            ? safetensors_find (h, &h->all, change->name)
                            : SAFETENSORS_NOWHERE,
               key = safetensors_find (h, &h->metadata, change->name);
  const int is_tensor = tensor != SAFETENSORS_NOWHERE;
  struct safetensors_members *in = is_tensor ? &h->all : &h->metadata;
  if (!is_tensor && key == SAFETENSORS_NOWHERE)
    return fmtconv_fail_at (h->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .source = h->patch.source, .offset = 8, .hint = HINT_NAMES },
                            "there is neither a tensor nor a metadata entry '%s' to rename", change->name);
  if (is_tensor && key != SAFETENSORS_NOWHERE)
    return refuse (h, change->name, "--unset removes the entry first",
                   "a tensor and a metadata entry have this name");
  if (is_tensor && check_name (h, change))
    return fmtconv_ctx_failed (h->ctx);
  if (!strcmp (change->name, change->value))
    return 0;
  struct safetensors_member *m = &in->item[is_tensor ? tensor : key];
  if (is_taken (h, in, change->value))
    return refuse (h, change->name, HINT_NAMES,
                   fmtconv_ctx_printf (h->ctx, "the name '%s' exists already", change->value));
  m->renamed = change->value;
  if (safetensors_check_name (h, change->value))
    return fmtconv_ctx_failed (h->ctx);
  safetensors_replace (h, m->key, m->key_end, safetensors_quote (h->ctx, change->value));
  patch_say (&h->patch, fmtconv_ctx_printf (h->ctx, "%s '%s' becomes '%s'", is_tensor ? "tensor" : "metadata",
                                            change->name, change->value));
  if (is_tensor)
    rename_aliases (h, change->name, change->value);
  return fmtconv_ctx_failed (h->ctx);
}
