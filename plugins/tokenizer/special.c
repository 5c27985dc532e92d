/* plugins/tokenizer/special.c: ids of special tokens, and which of them are added to a text.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023 Georgi Gerganov
 *
 * Follows SpecialVocab of gguf-py, so that both converters write the same keys. */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* Returns the id of an added token of tokenizer.json; -1: none. */
static int64_t
id_of (const struct tokenizer *t, const char *text)
{
  fmtconv_attr *list = fmtconv_attr_get (t->parts, "added_tokens");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    if (!strcmp (fmtconv_attr_get_string (a, "content", ""), text))
      return fmtconv_attr_get_int (a, "id", -1);
  return -1;
}

/* Sets the id of a kind of token, unless it has one. */
static int
set_id (fmtconv_attr *ids, const char *type, int64_t id, size_t n_vocab)
{
  if (fmtconv_attr_get (ids, type))
    return fmtconv_ctx_failed (ids->ctx);
  if (n_vocab && (uint64_t) id >= n_vocab)
    return fmtconv_warn (ids->ctx, "the %s token has the id %lld, but there are %zu tokens: it is not set",
                         type, (long long) id, n_vocab);
  fmtconv_attr_set_int (ids, type, id);
  return fmtconv_ctx_failed (ids->ctx);
}

/* Takes what tokenizer_config.json says. */
static int
read_settings (const struct tokenizer *t, const struct tokenizer_special *s, fmtconv_attr *ids,
               size_t n_vocab)
{
  for (size_t i = 0; i < s->n; i++)
    {
      const char *add = fmtconv_ctx_printf (t->ctx, "add_%s_token", s->types[i]),
                 *key = fmtconv_ctx_printf (t->ctx, "%s_token", s->types[i]);
      if (!add || !key)
        return fmtconv_ctx_failed (t->ctx);
      const fmtconv_attr *is_added = fmtconv_attr_get (t->settings, add);
      const char *text = tokenizer_content (fmtconv_attr_get (t->settings, key));
      const int64_t id = text ? id_of (t, text) : -1;
      if (is_added && is_added->kind == FMTCONV_ATTR_BOOL)
        fmtconv_attr_set_bool (s->adds, s->types[i], is_added->v.i != 0);
      if (id >= 0 && set_id (ids, s->types[i], id, n_vocab))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

/* Takes what config.json says. */
static int
read_config (const struct tokenizer *t, const struct tokenizer_special *s, fmtconv_attr *ids, size_t n_vocab)
{
  for (size_t i = 0; i < s->n; i++)
    {
      const char *key = fmtconv_ctx_printf (t->ctx, "%s_token_id", s->types[i]);
      fmtconv_attr *entry = key ? tokenizer_config_entry (t, key) : NULL;
      if (entry && entry->kind == FMTCONV_ATTR_INT && entry->v.i >= 0
          && set_id (ids, s->types[i], entry->v.i, n_vocab))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

/* llama.cpp's names in keys; it has none for cls. */
static const struct
{
  const char *type;
  const char *id;
  const char *add; /* NULL: none */
} names[] = {
  { "bos", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token" },
  { "eos", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_eos_token" },
  { "unk", "tokenizer.ggml.unknown_token_id", NULL },
  { "sep", "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.add_sep_token" },
  { "pad", "tokenizer.ggml.padding_token_id", NULL },
  { "mask", "tokenizer.ggml.mask_token_id", NULL },
  { "eot", "tokenizer.ggml.eot_token_id", NULL },
  { "eom", "tokenizer.ggml.eom_token_id", NULL },
};

static void
put (struct tokenizer *t, fmtconv_attr *ids, fmtconv_attr *adds)
{
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const int64_t id = fmtconv_attr_get_int (ids, names[i].type, -1);
      if (id >= 0 && id <= UINT32_MAX)
        fmtconv_attr_set_typed_uint (t->keys, names[i].id, (uint64_t) id, 32);
    }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].add && fmtconv_attr_get (adds, names[i].type))
      fmtconv_attr_set_bool (t->keys, names[i].add, fmtconv_attr_get_int (adds, names[i].type, 0) != 0);
}

/* Puts how the normalizer of tokenizer.json changes a text, of which llama.cpp knows two things. */
static void
put_normalizer (struct tokenizer *t, fmtconv_attr *normalizer)
{
  static const char lower[] = "tokenizer.ggml.normalizer.lowercase",
                    accents[] = "tokenizer.ggml.normalizer.strip_accents";
  const char *type = fmtconv_attr_get_string (normalizer, "type", "");
  const fmtconv_attr *lowercase = fmtconv_attr_get (normalizer, "lowercase"),
                     *strip = fmtconv_attr_get (normalizer, "strip_accents"),
                     *list = fmtconv_attr_get (normalizer, "normalizers");
  if (!strcmp (type, "Lowercase"))
    fmtconv_attr_set_bool (t->keys, lower, 1);
  else if (!strcmp (type, "StripAccents"))
    fmtconv_attr_set_bool (t->keys, accents, 1);
  else if (!strcmp (type, "BertNormalizer"))
    {
      if (lowercase && lowercase->kind == FMTCONV_ATTR_BOOL)
        fmtconv_attr_set_bool (t->keys, lower, lowercase->v.i != 0);
      if (strip && strip->kind == FMTCONV_ATTR_BOOL)
        fmtconv_attr_set_bool (t->keys, accents, strip->v.i != 0);
    }
  else if (!strcmp (type, "Sequence"))
    for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next) /* the reader bounds the depth */
      put_normalizer (t, a);
}

/* CodeLlama and the small models of Granite are recognized by their number of tokens, as by the reference. */
static void
put_llama (struct tokenizer *t)
{
  const int64_t n = fmtconv_attr_get_int (tokenizer_config_entry (t, "vocab_size"), NULL, 32000);
  if (n == 32016)
    fmtconv_attr_set_typed_uint (t->keys, "tokenizer.ggml.eot_token_id", 32010, 32);
  if (n == 49152)
    fmtconv_attr_set_bool (t->keys, "tokenizer.ggml.add_bos_token", 0);
}

int
tokenizer_put_special (struct tokenizer *t, size_t n_vocab)
{
  struct tokenizer_special s = { .types = { "bos", "eos", "unk", "sep", "pad", "cls", "mask" },
                                 .n = 7,
                                 .adds = fmtconv_attr_object (t->ctx) };
  fmtconv_attr *ids = fmtconv_attr_object (t->ctx);
  if (!ids || !s.adds)
    return fmtconv_ctx_failed (t->ctx);
  tokenizer_read_template (t, &s);
  if (read_settings (t, &s, ids, n_vocab) || read_config (t, &s, ids, n_vocab))
    return fmtconv_ctx_failed (t->ctx);
  put (t, ids, s.adds);
  tokenizer_put_chat_templates (t);
  put_normalizer (t, fmtconv_attr_get (t->parts, "normalizer"));
  if (tokenizer_is_llama_class (t))
    put_llama (t);
  return fmtconv_ctx_failed (t->ctx);
}
