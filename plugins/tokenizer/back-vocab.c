/* plugins/tokenizer/back-vocab.c: reads the tokens and merges that the keys of a GGUF file hold.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define GGML "tokenizer.ggml."

/* Loads the array of a key.  Returns NULL if the key has none, or after an error. */
static fmtconv_attr *
array (const struct tokenizer_back *b, const char *key)
{
  fmtconv_attr *a = fmtconv_attr_get (b->t.keys, key);
  if (!a
      || (a->kind == FMTCONV_ATTR_PACKED && a->v.packed->kind == FMTCONV_ATTR_STRING
          && !a->v.packed->is_text))
    return NULL;
  a = fmtconv_attr_unpack (a);
  return a && a->kind == FMTCONV_ATTR_ARRAY ? a : NULL;
}

static const char *
fault_of (const struct tokenizer_back *b, const fmtconv_attr *tokens, const fmtconv_attr *types,
          const fmtconv_attr *scores)
{
  if (!tokens || !tokens->len)
    return GGML "tokens is not a list of texts";
  if (tokens->len > TOKENIZER_MAX_TOKENS)
    return fmtconv_ctx_printf (b->t.ctx, "%zu tokens, more than the limit of %d", tokens->len,
                               TOKENIZER_MAX_TOKENS);
  if (types && types->len != tokens->len)
    return GGML "token_type has another length than " GGML "tokens";
  if (scores && scores->len != tokens->len)
    return GGML "scores has another length than " GGML "tokens";
  return NULL;
}

/* Returns the id of the second of two equal tokens; 0: all differ. */
static size_t
find_double (const struct tokenizer_vocab *v)
{
  for (size_t i = 1; i < v->n_sorted; i++)
    if (v->sorted[i].n == v->sorted[i - 1].n
        && !memcmp (v->sorted[i].text, v->sorted[i - 1].text, v->sorted[i].n))
      return v->sorted[i].id ? v->sorted[i].id : v->sorted[i - 1].id;
  return 0;
}

static int
read_tokens (struct tokenizer_back *b, const char **why)
{
  struct tokenizer_vocab *v = &b->t.vocab;
  const fmtconv_attr *tokens = array (b, GGML "tokens"), *types = array (b, GGML "token_type"),
                     *scores = array (b, GGML "scores");
  if (fmtconv_ctx_failed (b->t.ctx) || (*why = fault_of (b, tokens, types, scores))
      || tokenizer_vocab_reserve (v, tokens->len))
    return fmtconv_ctx_failed (b->t.ctx);
  const fmtconv_attr *type = types ? types->first : NULL, *score = scores ? scores->first : NULL;
  for (fmtconv_attr *a = tokens->first; a; a = a->next)
    {
      const int64_t number = type ? fmtconv_attr_get_int ((fmtconv_attr *) type, NULL, 0) : TOKENIZER_NORMAL;
      if (a->kind != FMTCONV_ATTR_STRING || number < TOKENIZER_NORMAL || number > TOKENIZER_BYTE)
        {
          *why = fmtconv_ctx_printf (b->t.ctx, "the token %zu has no text or no type", v->n);
          return fmtconv_ctx_failed (b->t.ctx);
        }
      v->at[v->n++] = (struct tokenizer_token){
        .text = a->v.s,
        .n = (uint32_t) a->len,
        .type = (uint32_t) number,
        .score = score ? (float) fmtconv_attr_get_float ((fmtconv_attr *) score, NULL, 0) : 0
      };
      if (isnan (v->at[v->n - 1].score))
        *why = GGML "scores has a value that is not a number";
      v->longest = v->longest > a->len ? v->longest : a->len;
      type = type ? type->next : NULL;
      score = score ? score->next : NULL;
    }
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back_read (struct tokenizer_back *b, const char **why)
{
  struct tokenizer_vocab *v = &b->t.vocab;
  if (read_tokens (b, why) || *why || tokenizer_vocab_order (v))
    return fmtconv_ctx_failed (b->t.ctx);
  const size_t twice = find_double (v);
  if (twice)
    *why = fmtconv_ctx_printf (b->t.ctx, "the token '%s' is there twice", v->at[twice].text);
  b->merges = array (b, GGML "merges");
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back_is_real (const struct tokenizer_token *token, size_t id)
{
  char filler[32];
  if (token->type != TOKENIZER_UNUSED)
    return 1;
  snprintf (filler, sizeof filler, "[PAD%zu]", id);
  return strcmp (token->text, filler) != 0;
}

int
tokenizer_back_is_added (const struct tokenizer_token *token)
{
  return token->type == TOKENIZER_CONTROL || token->type == TOKENIZER_USER_DEFINED
         || token->type == TOKENIZER_UNKNOWN;
}

const struct tokenizer_token *
tokenizer_back_special (const struct tokenizer_back *b, const char *key)
{
  const int64_t id = fmtconv_attr_get_int (b->t.keys, key, -1);
  const struct tokenizer_vocab *v = &b->t.vocab;
  return id >= 0 && (uint64_t) id < v->n && tokenizer_back_is_added (&v->at[id]) ? &v->at[id] : NULL;
}

int
tokenizer_back_says (const struct tokenizer_back *b, const char *key, int otherwise)
{
  const fmtconv_attr *a = fmtconv_attr_get (b->t.keys, key);
  return a && a->kind == FMTCONV_ATTR_BOOL ? a->v.i != 0 : otherwise;
}
