/* plugins/model-card/model-card.c: the transform that turns what a folder says of a model into keys of GGUF.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/model-card/model-card.h"
#include <string.h>

struct model_card_params
{
  const char *name;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_PARAM_TEXT, offsetof (struct model_card_params, name), NULL,
    "general.name; default: the name in README.md or config.json, else that of the folder" },
  { 0 },
};

/* Takes what the names that the reader found say: in config.json, and of the folder. */
static void
take_names (struct model_card *m)
{
  fmtconv_attr *facts = fmtconv_attr_get (fmtconv_model_attrs (m->in), "source");
  const char *path = fmtconv_attr_get_string (facts, "name", NULL),
             *folder = fmtconv_attr_get_string (facts, "folder", NULL);
  const char *slash = path ? strchr (path, '/') : NULL;
  if (path && *path && !(slash && strchr (slash + 1, '/'))) /* not a path of a machine */
    model_card_take_id (m, path);
  if (folder && strspn (folder, ".") != strlen (folder))
    model_card_take_id (m, folder);
}

/* Adds the texts of an entry of the card to a list. */
static void
add_texts (struct model_card *m, const char *entry, fmtconv_attr *list)
{
  const fmtconv_attr *value = m->card ? fmtconv_attr_get (m->card, entry) : NULL;
  const bool is_list = value && value->kind == FMTCONV_ATTR_ARRAY;
  for (const fmtconv_attr *a = is_list ? value->first : value; a; a = is_list ? a->next : NULL)
    if (model_card_is_text (m, entry, a))
      fmtconv_attr_set_string (list, NULL, a->v.s);
}

static void
put_list (struct model_card *m, const char *key, const char *first, const char *second)
{
  fmtconv_attr *list = fmtconv_attr_literal (m->ctx, "[]");
  add_texts (m, first, list);
  add_texts (m, second, list);
  if (list && list->len)
    fmtconv_attr_set (m->keys, key, list);
}

static int
put_keys (struct model_card *m)
{
  if (!fmtconv_attr_at (fmtconv_model_attrs (m->in), "gguf/general.type")) /* an adapter */
    fmtconv_attr_set_string (m->keys, "general.type", "model");
  for (const fmtconv_attr *a = m->said->first; a; a = a->next)
    fmtconv_attr_set_string (m->keys, fmtconv_ctx_printf (m->ctx, "general.%s", a->key), a->v.s);
  model_card_put_sources (m);
  put_list (m, "general.tags", "tags", "pipeline_tag");
  put_list (m, "general.languages", "languages", "language");
  return fmtconv_ctx_failed (m->ctx);
}

/* Merges the keys into the model's. */
static int
finish (const struct model_card *m, fmtconv_model *out)
{
  fmtconv_attr *gguf = fmtconv_attr_make (fmtconv_model_attrs (out), "gguf");
  for (fmtconv_attr *a = m->keys->first; a; a = a->next)
    fmtconv_attr_set (gguf, a->key, a);
  return fmtconv_ctx_failed (m->ctx);
}

/* Finds the head of the card that the reader found. */
static int
find_card (struct model_card *m)
{
  fmtconv_attr *facts = fmtconv_attr_get (fmtconv_model_attrs (m->in), "source");
  const char *why = fmtconv_attr_get_string (facts, "card-fault", NULL);
  m->card = fmtconv_attr_get (facts, "card");
  if (m->card && m->card->kind != FMTCONV_ATTR_OBJECT)
    {
      m->card = NULL;
      why = "it has no keys";
    }
  return why ? fmtconv_warn (m->ctx, "README.md: its head is not used: %s", why)
             : fmtconv_ctx_failed (m->ctx);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct model_card_params *p = params_;
  struct model_card m = {
    .ctx = ctx, .in = in, .said = fmtconv_attr_object (ctx), .keys = fmtconv_attr_object (ctx)
  };
  FMTCONV_FOREACH (tensor, in)
    fmtconv_model_put (out, tensor->name, tensor->view);
  const char *size = model_card_size (&m);
  if (fmtconv_ctx_failed (ctx) || find_card (&m))
    return fmtconv_ctx_failed (ctx);
  model_card_say (&m, "name", p->name);
  model_card_take (&m);
  take_names (&m);
  model_card_say (&m, "size_label", size);
  return put_keys (&m) ? fmtconv_ctx_failed (ctx) : finish (&m, out);
}

FMTCONV_PLUGIN (model_card, .name = "model-card",
                .summary = "stores what a model's folder says of it as keys of GGUF",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "name=TEXT",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED
                                                               | FMTCONV_FEATURE_BLOBS,
                                                .apply = apply));
