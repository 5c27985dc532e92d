/* plugins/model-card/card.c: what a model card and a model's name say of the model itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/model-card/model-card.h"
#include <string.h>

void
model_card_say (struct model_card *m, const char *key, const char *text)
{
  if (text && *text && !fmtconv_attr_get (m->said, key))
    fmtconv_attr_set_string (m->said, key, text);
}

/* Entries of a card, from the one that wins. */
static const struct
{
  const char *key;
  const char *entry;
} entries[] = {
  { "name", "name" },
  { "author", "author" },
  { "version", "version" },
  { "organization", "organization" },
  { "description", "description" },
  { "finetune", "finetune" },
  { "basename", "basename" },
  { "size_label", "size_label" },
  { "source.url", "url" },
  { "source.doi", "doi" },
  { "source.uuid", "uuid" },
  { "source.repo_url", "repo_url" },
  { "name", "model_name" },
  { "author", "model_author" },
  { "version", "model_version" },
  { "organization", "model_organization" },
  { "description", "model_description" },
  { "finetune", "model_finetune" },
  { "basename", "model_basename" },
  { "size_label", "model_size_label" },
  { "source.url", "model_url" },
  { "source.doi", "model_doi" },
  { "source.uuid", "model_uuid" },
  { "source.repo_url", "model_repo_url" },
  { "author", "model_creator" },
  { "basename", "model_type" },
  { "license", "license" },
  { "license.name", "license_name" },
  { "license.link", "license_link" },
};

bool
model_card_is_text (struct model_card *m, const char *entry, const fmtconv_attr *value)
{
  if (value->kind == FMTCONV_ATTR_STRING)
    return true;
  if (value->kind != FMTCONV_ATTR_NULL && m->skipped != entry)
    {
      m->skipped = entry;
      fmtconv_note (m->ctx, "README.md: skipped a value of '%s' that is not a text: put it in quotes", entry);
    }
  return false;
}

/* Returns the texts of a list joined by ','; NULL: there are none, or memory is exhausted. */
static const char *
join (struct model_card *m, const char *entry, const fmtconv_attr *list)
{
  size_t size = 0;
  for (const fmtconv_attr *a = list->first; a; a = a->next)
    if (model_card_is_text (m, entry, a))
      size += a->len + 1;
  char *text = size ? fmtconv_ctx_alloc (m->ctx, size, 1) : NULL, *to = text;
  for (const fmtconv_attr *a = text ? list->first : NULL; a; a = a->next)
    if (a->kind == FMTCONV_ATTR_STRING)
      {
        memcpy (to, a->v.s, a->len);
        to += a->len;
        *to++ = ',';
      }
  if (text)
    to[-1] = '\0';
  return text;
}

/* Returns the text of an entry; of a list, its texts joined by ','; NULL: there is none, or memory is exhausted. */
static const char *
text_of (struct model_card *m, const char *entry)
{
  const fmtconv_attr *value = fmtconv_attr_get (m->card, entry);
  if (value && value->kind == FMTCONV_ATTR_ARRAY)
    return join (m, entry, value);
  return value && model_card_is_text (m, entry, value) ? value->v.s : NULL;
}

void
model_card_take (struct model_card *m)
{
  for (size_t i = 0; m->card && i < sizeof entries / sizeof *entries; i++)
    model_card_say (m, entries[i].key, text_of (m, entries[i].entry));
}

void
model_card_take_id (struct model_card *m, const char *id)
{
  const struct model_card_id parts = model_card_split (m->ctx, id, m->parameters);
  model_card_say (m, "name", model_card_title (m->ctx, parts.full));
  model_card_say (m, "organization",
                  parts.organization ? model_card_title (m->ctx, parts.organization) : NULL);
  model_card_say (m, "basename", parts.basename);
  model_card_say (m, "finetune", parts.finetune);
  model_card_say (m, "version", parts.version);
  model_card_say (m, "size_label", parts.size);
}
