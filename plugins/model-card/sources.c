/* plugins/model-card/sources.c: the models and the data that a model was made of.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/model-card/model-card.h"

enum
{
  MOST_SOURCES = 1000 /* keys are compared with all that were set before */
};

#define HUB "huggingface.co/"

static void
put (const struct model_card *m, const char *kind, size_t i, const char *what, const char *text)
{
  if (text && *text)
    fmtconv_attr_set_string (m->keys, fmtconv_ctx_printf (m->ctx, "general.%s.%zu.%s", kind, i, what), text);
}

/* Returns the name in the address of a model or of data; NULL: another address. */
static const char *
id_in (const char *address)
{
  const char *at = text_starts_with (address, "https://")  ? address + 8
                   : text_starts_with (address, "http://") ? address + 7
                                                           : "";
  if (!text_starts_with (at, HUB))
    return NULL;
  at += strlen (HUB);
  const char *slash = strchr (at, '/');
  return slash && slash > at && slash[1] && !strchr (slash + 1, '/') ? at : NULL;
}

/* Puts a source that is a name or an address. */
static void
put_text (const struct model_card *m, const char *kind, size_t i, const char *text)
{
  const bool is_address = text_starts_with (text, "http://") || text_starts_with (text, "https://")
                          || text_starts_with (text, "ssh://");
  const char *id = is_address ? id_in (text) : text, *address = is_address ? text : NULL;
  if (id)
    {
      const struct model_card_id parts = model_card_split (m->ctx, id, m->parameters);
      put (m, kind, i, "name", model_card_title (m->ctx, parts.full));
      put (m, kind, i, "version", parts.version);
      put (m, kind, i, "organization",
           parts.organization ? model_card_title (m->ctx, parts.organization) : NULL);
      if (!address && parts.organization)
        address = fmtconv_ctx_printf (m->ctx, "https://" HUB "%s/%s", parts.organization, parts.full);
    }
  put (m, kind, i, "repo_url", address);
}

/* Puts a source that a card describes by keys. */
static void
put_entries (struct model_card *m, const char *kind, size_t i, fmtconv_attr *entries)
{
  static const char *const keys[] = { "name", "author", "version", "organization", "description",
                                      "url",  "doi",    "uuid",    "repo_url" };
  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
    {
      const fmtconv_attr *value = fmtconv_attr_get (entries, keys[k]);
      if (value && model_card_is_text (m, keys[k], value))
        put (m, kind, i, keys[k], value->v.s);
    }
}

/* Puts the sources of one kind, which a card names by one of three keys. */
static void
put_kind (struct model_card *m, const char *kind, const char *const names[3])
{
  fmtconv_attr *entry = NULL;
  const char *name = NULL;
  size_t n = 0;
  for (size_t i = 0; i < 3 && !entry; i++)
    entry = fmtconv_attr_get (m->card, name = names[i]);
  if (!entry)
    return;
  const bool is_list = entry->kind == FMTCONV_ATTR_ARRAY;
  const char *count = fmtconv_ctx_printf (m->ctx, "general.%s.count", kind);
  fmtconv_attr_set_typed_uint (m->keys, count, 0, 32);
  for (fmtconv_attr *a = is_list ? entry->first : entry; a && n < MOST_SOURCES; a = is_list ? a->next : NULL)
    if (a->kind == FMTCONV_ATTR_OBJECT)
      put_entries (m, kind, n++, a);
    else if (model_card_is_text (m, name, a))
      put_text (m, kind, n++, a->v.s);
  if (is_list && entry->len > MOST_SOURCES)
    fmtconv_note (m->ctx, "README.md: used the first %d of %zu values of '%s'", MOST_SOURCES, entry->len,
                  name);
  fmtconv_attr_set_typed_uint (m->keys, count, n, 32);
}

void
model_card_put_sources (struct model_card *m)
{
  static const char *const models[] = { "base_model", "base_models", "base_model_sources" };
  static const char *const data[] = { "datasets", "dataset", "dataset_sources" };
  if (!m->card)
    return;
  put_kind (m, "base_model", models);
  put_kind (m, "dataset", data);
}
