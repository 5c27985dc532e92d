/* plugins/tokenizer/added.c: tokens that were added to a vocabulary: which of them control, which are text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/tokenizer/bytelevel.h"
#include "plugins/tokenizer/tokenizer.h"
#include <stdlib.h>

#define BAR "\xef\xbd\x9c" /* U+FF5C, in the tokens of DeepSeek */

int
tokenizer_looks_special (const char *text)
{
  static const char *const texts[] = { "<pad>", "<mask>", "<2mass>", "[@BOS@]" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!strcmp (text, texts[i]))
      return 1;
  return (text_starts_with (text, "<|") && text_ends_with (text, "|>"))
         || (text_starts_with (text, "<" BAR) && text_ends_with (text, BAR ">"))
         || (text_starts_with (text, "<unused") && text_ends_with (text, ">"));
}

const char *
tokenizer_content (fmtconv_attr *entry)
{
  if (entry && entry->kind == FMTCONV_ATTR_OBJECT)
    entry = fmtconv_attr_get (entry, "content");
  return entry && entry->kind == FMTCONV_ATTR_STRING ? entry->v.s : NULL;
}

char *
tokenizer_unmark (fmtconv_ctx *ctx, const char *text)
{
  char *copy = fmtconv_ctx_printf (ctx, "%s", text), *to = copy;
  for (const char *at = copy; at && *at;)
    if (text_starts_with (at, TOKENIZER_SPACE))
      {
        *to++ = ' ';
        at += strlen (TOKENIZER_SPACE);
      }
    else
      *to++ = *at++;
  if (to)
    *to = 0;
  return copy;
}

/* Marks of added tokens in `type`, until their texts and types are final. */
enum
{
  ADDED = 0x100,
  SPECIAL = 0x200,   /* its file says that it controls */
  NORMALIZED = 0x400 /* it is matched after normalization */
};

/* Returns a bool member. */
static int
is_set (fmtconv_attr *object, const char *key, int otherwise)
{
  const fmtconv_attr *value = fmtconv_attr_get (object, key);
  return value && value->kind == FMTCONV_ATTR_BOOL ? value->v.i != 0 : otherwise;
}

/* Marks a token of a list. */
static int
add (struct tokenizer *t, fmtconv_attr *token, int64_t id)
{
  const char *text = tokenizer_content (token);
  if (!text || !*text || id < 0)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .source = t->json, .hint = TOKENIZER_HINT },
                            "an added token has no text or no id");
  const int is_special = is_set (token, "special", 0);
  const unsigned marks =
      ADDED | (is_special ? SPECIAL : 0U) | (is_set (token, "normalized", !is_special) ? NORMALIZED : 0U);
  return tokenizer_vocab_set (&t->vocab, id, text, strlen (text), TOKENIZER_NORMAL | marks, 0);
}

/* Returns whether a token is marked. */
static int
is_added (const struct tokenizer *t, int64_t id)
{
  return id >= 0 && (uint64_t) id < t->vocab.n && (t->vocab.at[id].type & ADDED);
}

/* Marks the tokens of tokenizer.json, then those that only its configuration has. */
static int
add_listed (struct tokenizer *t)
{
  fmtconv_attr *list = fmtconv_attr_get (t->parts, "added_tokens"),
               *decoder = fmtconv_attr_get (t->settings, "added_tokens_decoder");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    if (add (t, a, fmtconv_attr_get_int (a, "id", -1)))
      return fmtconv_ctx_failed (t->ctx);
  for (fmtconv_attr *a = decoder && decoder->kind == FMTCONV_ATTR_OBJECT ? decoder->first : NULL; a;
       a = a->next)
    {
      char *rest;
      const long long id = strtoll (a->key, &rest, 10);
      if (!is_added (t, id) && add (t, a, *rest ? -1 : id))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

/* Marks a special token that the settings name and no list has. */
static int
add_named (struct tokenizer *t, const char *text)
{
  const int64_t id = tokenizer_vocab_find (&t->vocab, text, strlen (text));
  if (id >= 0 && !is_added (t, id))
    t->vocab.at[id].type |= ADDED | SPECIAL;
  return fmtconv_ctx_failed (t->ctx);
}

/* Sets the text and the type of a marked token. */
static int
finish (struct tokenizer *t, struct tokenizer_token *token, int is_bytes)
{
  const char *text =
      token->type & NORMALIZED || !is_bytes ? token->text : tokenizer_decode_bytes (t->ctx, token->text);
  const int controls = text && (token->type & SPECIAL || tokenizer_looks_special (text));
  if (text && !controls)
    text = tokenizer_unmark (t->ctx, text);
  if (!text)
    return fmtconv_ctx_failed (t->ctx);
  *token = (struct tokenizer_token){ .text = text,
                                     .n = (uint32_t) strlen (text),
                                     .type = controls ? TOKENIZER_CONTROL : TOKENIZER_USER_DEFINED };
  return 0;
}

int
tokenizer_each_named (struct tokenizer *t, int (*each) (struct tokenizer *t, const char *text))
{
  static const char *const keys[] = { "bos_token", "eos_token", "unk_token", "sep_token",
                                      "pad_token", "cls_token", "mask_token" };
  static const char *const lists[] = { "additional_special_tokens", "extra_special_tokens" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
      const char *text = tokenizer_content (fmtconv_attr_get (t->settings, keys[i]));
      if (text && each (t, text))
        return fmtconv_ctx_failed (t->ctx);
    }
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    {
      fmtconv_attr *list = fmtconv_attr_get (t->settings, lists[i]);
      for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
        if (tokenizer_content (a) && each (t, tokenizer_content (a)))
          return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

/* Checks the number of tokens against the model's. */
static int
check_size (const struct tokenizer *t, size_t size)
{
  if (!size || t->vocab.n <= size)
    return 0;
  return fmtconv_fail_at (
      t->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .source = t->json,
                        .hint = "the tokenizer belongs to another model: take the files of one model" },
      "the tokenizer has %zu tokens, but the model has %zu", t->vocab.n, size);
}

int
tokenizer_add_tokens (struct tokenizer *t, size_t size)
{
  const char *decoder = fmtconv_attr_get_string (fmtconv_attr_get (t->parts, "decoder"), "type", "");
  const int is_bytes = !t->parts || !strcmp (decoder, "ByteLevel");
  if (add_listed (t) || check_size (t, size) || tokenizer_vocab_sort (&t->vocab)
      || tokenizer_each_named (t, add_named))
    return fmtconv_ctx_failed (t->ctx);
  for (size_t i = 0; i < t->vocab.n; i++)
    if (t->vocab.at[i].type & ADDED && finish (t, &t->vocab.at[i], is_bytes))
      return fmtconv_ctx_failed (t->ctx);
  return 0;
}
