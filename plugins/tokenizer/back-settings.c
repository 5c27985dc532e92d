/* plugins/tokenizer/back-settings.c: tokenizer_config.json and generation_config.json from the keys of a GGUF file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include "plugins/tokenizer/sampling.h"
#include <string.h>

/* Special tokens: llama.cpp's keys, and transformers' names of the text and of the id. */
static const struct
{
  const char *key;
  const char *token;
  const char *id;   /* in config.json and generation_config.json; NULL: not there */
  const char *adds; /* key that says whether it is added to a text; NULL: none */
  const char *name; /* of the same in the settings */
} specials[] = {
  { "tokenizer.ggml.bos_token_id", "bos_token", "bos_token_id", "tokenizer.ggml.add_bos_token",
    "add_bos_token" },
  { "tokenizer.ggml.eos_token_id", "eos_token", "eos_token_id", "tokenizer.ggml.add_eos_token",
    "add_eos_token" },
  { "tokenizer.ggml.unknown_token_id", "unk_token", NULL, NULL, NULL },
  { "tokenizer.ggml.seperator_token_id", "sep_token", NULL, NULL, NULL },
  { "tokenizer.ggml.padding_token_id", "pad_token", "pad_token_id", NULL, NULL },
  { "tokenizer.ggml.mask_token_id", "mask_token", NULL, NULL, NULL },
};

enum
{
  SPECIALS = sizeof specials / sizeof *specials
};

/* Puts the chat templates. */
static void
put_templates (struct tokenizer_back *b)
{
  static const char prefix[] = "tokenizer.chat_template.";
  fmtconv_attr *list = fmtconv_attr_literal (b->t.ctx, "[]");
  const char *one = fmtconv_attr_get_string (b->t.keys, "tokenizer.chat_template", NULL);
  for (fmtconv_attr *a = b->t.keys->first; list && a; a = a->next)
    if (!strncmp (a->key, prefix, strlen (prefix)) && a->kind == FMTCONV_ATTR_STRING)
      {
        fmtconv_attr *entry = fmtconv_attr_object (b->t.ctx);
        fmtconv_attr_set_string (entry, "name", a->key + strlen (prefix));
        fmtconv_attr_set (entry, "template", a);
        fmtconv_attr_set (list, NULL, entry);
      }
  if (list && list->len && one)
    {
      fmtconv_attr *entry = fmtconv_attr_object (b->t.ctx);
      fmtconv_attr_set_string (entry, "name", "default");
      fmtconv_attr_set_string (entry, "template", one);
      fmtconv_attr_set (list, NULL, entry);
    }
  if (list && list->len)
    fmtconv_attr_set (b->t.settings, "chat_template", list);
  else if (one)
    fmtconv_attr_set_string (b->t.settings, "chat_template", one);
}

/* Attaches an object as a file of JSON. */
static void
attach (struct tokenizer_back *b, fmtconv_attr *tree, const char *name)
{
  struct tokenizer_text text = { .ctx = b->t.ctx };
  const char *json = fmtconv_attr_json_text (tree, 1);
  if (!json)
    return;
  tokenizer_text_add (&text, json);
  tokenizer_text_add (&text, "\n");
  tokenizer_text_attach (&text, b->out, name);
}

int
tokenizer_back_settings (struct tokenizer_back *b)
{
  for (size_t i = 0; i < SPECIALS; i++)
    {
      const struct tokenizer_token *token = tokenizer_back_special (b, specials[i].key);
      const fmtconv_attr *adds = specials[i].adds ? fmtconv_attr_get (b->t.keys, specials[i].adds) : NULL;
      if (token)
        fmtconv_attr_set_string (b->t.settings, specials[i].token, token->text);
      if (adds && adds->kind == FMTCONV_ATTR_BOOL && (!adds->v.i || !token || !strcmp (b->kind, "llama")))
        fmtconv_attr_set_bool (b->t.settings, specials[i].name, adds->v.i != 0);
    }
  const fmtconv_attr *space = fmtconv_attr_get (b->t.keys, "tokenizer.ggml.add_space_prefix");
  if (space && space->kind == FMTCONV_ATTR_BOOL)
    fmtconv_attr_set_bool (b->t.settings, "add_prefix_space", space->v.i != 0);
  put_templates (b);
  fmtconv_attr_set_string (b->t.settings, "tokenizer_class",
                           strcmp (b->kind, "t5") ? "PreTrainedTokenizerFast" : "T5Tokenizer");
  attach (b, b->t.settings, TOKENIZER_CONFIG);
  return fmtconv_ctx_failed (b->t.ctx);
}

/* Puts ids of special tokens. */
static void
put_ids (const struct tokenizer_back *b, fmtconv_attr *to)
{
  for (size_t i = 0; i < SPECIALS; i++)
    {
      const int64_t id = fmtconv_attr_get_int (b->t.keys, specials[i].key, -1);
      if (specials[i].id && id >= 0)
        fmtconv_attr_set_int (to, specials[i].id, id);
    }
}

/* Text also ends with the tokens that end a turn. */
static void
put_ends (const struct tokenizer_back *b, fmtconv_attr *to)
{
  static const char *const keys[] = { "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                      "tokenizer.ggml.eom_token_id" };
  fmtconv_attr *ends = fmtconv_attr_literal (b->t.ctx, "[]");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
      const int64_t id = fmtconv_attr_get_int (b->t.keys, keys[i], -1);
      int is_there = id < 0;
      for (fmtconv_attr *a = ends ? ends->first : NULL; a; a = a->next)
        is_there |= a->v.i == id;
      if (!is_there)
        fmtconv_attr_set_int (ends, NULL, id);
    }
  if (ends && ends->len > 1)
    fmtconv_attr_set (to, "eos_token_id", ends);
}

int
tokenizer_back_generation (struct tokenizer_back *b)
{
  fmtconv_attr *made = fmtconv_attr_object (b->t.ctx);
  if (!made)
    return fmtconv_ctx_failed (b->t.ctx);
  put_ids (b, made);
  put_ends (b, made);
  tokenizer_back_sampling (b->t.keys, made);
  if (made->len)
    attach (b, made, "generation_config.json");
  return fmtconv_ctx_failed (b->t.ctx);
}
