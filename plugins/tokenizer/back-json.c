/* plugins/tokenizer/back-json.c: the parts of tokenizer.json that all kinds of tokenizers have.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include "plugins/tokenizer/bytelevel.h"
#include <string.h>

/* Returns whether the way forward has to be told that a token is matched after normalization, so that it keeps the text: else
 * it takes characters for the bytes that they stand for in byte-level BPE. */
static int
is_normalized (const struct tokenizer_back *b, const struct tokenizer_token *token)
{
  const char *text = strcmp (b->kind, "gpt2") ? token->text : tokenizer_decode_bytes (b->t.ctx, token->text);
  return text && strcmp (text, token->text) != 0;
}

/* Puts one of added_tokens. */
static void
put_added (const struct tokenizer_back *b, struct tokenizer_text *json, size_t id)
{
  const struct tokenizer_token *token = &b->t.vocab.at[id];
  tokenizer_text_add (json, "\n    {\"id\": ");
  tokenizer_text_number (json, id);
  tokenizer_text_add (json, ", \"content\": ");
  tokenizer_text_json (json, token->text, token->n);
  tokenizer_text_add (json,
                      ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": ");
  tokenizer_text_add (json, is_normalized (b, token) ? "true" : "false");
  tokenizer_text_add (json, token->type == TOKENIZER_USER_DEFINED ? ", \"special\": false}"
                                                                  : ", \"special\": true}");
}

void
tokenizer_back_begin (struct tokenizer_back *b, struct tokenizer_text *json)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  size_t n = 0;
  tokenizer_text_add (json, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
                            "  \"added_tokens\": [");
  for (size_t i = 0; i < v->n; i++)
    if (tokenizer_back_is_added (&v->at[i]))
      {
        tokenizer_text_add (json, n++ ? "," : "");
        put_added (b, json, i);
      }
  tokenizer_text_add (json, n ? "\n  ],\n" : "],\n");
  if (n)
    tokenizer_back_assume (b, "lstrip, rstrip, single_word and normalized of %zu added tokens: false", n);
}

/* ---- What is added to a text */

static void
put_piece (struct tokenizer_text *json, const struct tokenizer_token *token, int type)
{
  if (token)
    {
      tokenizer_text_add (json, "{\"SpecialToken\": {\"id\": ");
      tokenizer_text_json (json, token->text, token->n);
    }
  else
    tokenizer_text_add (json, type ? "{\"Sequence\": {\"id\": \"B\"" : "{\"Sequence\": {\"id\": \"A\"");
  tokenizer_text_add (json, type ? ", \"type_id\": 1}}" : ", \"type_id\": 0}}");
}

static void
put_side (struct tokenizer_text *json, const struct tokenizer_token *first,
          const struct tokenizer_token *last, int type)
{
  if (first)
    {
      put_piece (json, first, type);
      tokenizer_text_add (json, ", ");
    }
  put_piece (json, NULL, type);
  if (last)
    {
      tokenizer_text_add (json, ", ");
      put_piece (json, last, type);
    }
}

static void
put_ids (const struct tokenizer_back *b, struct tokenizer_text *json, const struct tokenizer_token *token)
{
  tokenizer_text_json (json, token->text, token->n);
  tokenizer_text_add (json, ": {\"id\": ");
  tokenizer_text_json (json, token->text, token->n);
  tokenizer_text_add (json, ", \"ids\": [");
  tokenizer_text_number (json, (size_t) (token - b->t.vocab.at));
  tokenizer_text_add (json, "], \"tokens\": [");
  tokenizer_text_json (json, token->text, token->n);
  tokenizer_text_add (json, "]}");
}

void
tokenizer_back_template (const struct tokenizer_back *b, struct tokenizer_text *json, const char *otherwise,
                         int adds_bos)
{
  const struct tokenizer_token *first = tokenizer_back_special (b, "tokenizer.ggml.bos_token_id"),
                               *last = tokenizer_back_special (b, "tokenizer.ggml.eos_token_id");
  first = tokenizer_back_says (b, "tokenizer.ggml.add_bos_token", adds_bos) ? first : NULL;
  last = tokenizer_back_says (b, "tokenizer.ggml.add_eos_token", 0) ? last : NULL;
  /* The way forward looks at what stands between two texts, and makes this key of it. */
  const int has_middle = fmtconv_attr_get (b->t.keys, "tokenizer.ggml.add_sep_token") != NULL;
  tokenizer_text_add (json, "  \"post_processor\": ");
  if (!first && !last)
    {
      tokenizer_text_add (json, otherwise);
      tokenizer_text_add (json, ",\n");
      return;
    }
  tokenizer_text_add (json, "{\"type\": \"TemplateProcessing\",\n    \"single\": [");
  put_side (json, first, last, 0);
  tokenizer_text_add (json, "],\n    \"pair\": [");
  put_side (json, first, last, 0);
  tokenizer_text_add (json, ", ");
  put_side (json, has_middle || last ? first : NULL, last, 1);
  tokenizer_text_add (json, "],\n    \"special_tokens\": {");
  if (first)
    put_ids (b, json, first);
  tokenizer_text_add (json, first && last && first != last ? ", " : "");
  if (last && last != first)
    put_ids (b, json, last);
  tokenizer_text_add (json, "}},\n");
}

/* ---- The vocabulary */

size_t
tokenizer_back_size (const struct tokenizer_back *b)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  size_t base = 0, end = 0;
  int has_hole = 0;
  for (size_t i = 0; i < v->n; i++)
    if (tokenizer_back_is_real (&v->at[i], i))
      {
        has_hole |= i != end; /* an added token after it would get another id */
        end = i + 1;
        base = tokenizer_back_is_added (&v->at[i]) ? base : end;
      }
  return has_hole ? end : base;
}

void
tokenizer_back_vocab (const struct tokenizer_back *b, struct tokenizer_text *json, size_t n)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  size_t put = 0;
  tokenizer_text_add (json, "    \"vocab\": {");
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (b->t.ctx); i++)
    if (tokenizer_back_is_real (&v->at[i], i))
      {
        tokenizer_text_add (json, put++ ? ",\n      " : "\n      ");
        tokenizer_text_json (json, v->at[i].text, v->at[i].n);
        tokenizer_text_add (json, ": ");
        tokenizer_text_number (json, i);
      }
  tokenizer_text_add (json, "\n    },\n");
}
