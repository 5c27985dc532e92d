/* plugins/tokenizer/llama.c: the keys of a BPE with byte fallback, as Llama 2 has in tokenizer.json.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

#define SCORE -1000.0F /* the reference's for all tokens: ranks are not in tokenizer.json */

/* Marks a special token that the settings name. */
static int
mark (struct tokenizer *t, const char *text)
{
  const int64_t id = tokenizer_vocab_find (&t->vocab, text, strlen (text));
  if (id >= 0 && t->vocab.at[id].type != TOKENIZER_BYTE)
    t->vocab.at[id].type = TOKENIZER_CONTROL;
  return fmtconv_ctx_failed (t->ctx);
}

static int
is_hex (char c)
{
  return c && strchr ("0123456789abcdefABCDEF", c);
}

/* Returns whether a token is "<0x0A>". */
static int
is_byte (const struct tokenizer_token *token)
{
  const char *text = token->text;
  return text && token->n == 6 && !memcmp (text, "<0x", 3) && is_hex (text[3]) && is_hex (text[4])
         && text[5] == '>';
}

/* Adds the tokens that the vocabulary of "model" does not have. */
static int
add (struct tokenizer *t, size_t n_model)
{
  fmtconv_attr *list = fmtconv_attr_get (t->parts, "added_tokens");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    {
      const char *text = tokenizer_content (a);
      const int64_t id = fmtconv_attr_get_int (a, "id", -1);
      if (!text)
        return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                                &(fmtconv_where){ .source = t->json, .hint = TOKENIZER_HINT },
                                "an added token has no text");
      if (tokenizer_vocab_set (&t->vocab, id, text, strlen (text),
                               (uint64_t) id < n_model ? TOKENIZER_NORMAL : TOKENIZER_USER_DEFINED, SCORE))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

int
tokenizer_put_llama_json (struct tokenizer *t)
{
  struct tokenizer_vocab *v = &t->vocab;
  size_t size = 0;
  if (tokenizer_find_size (t, &size) || add (t, v->n) || tokenizer_vocab_sort (v))
    return fmtconv_ctx_failed (t->ctx);
  for (size_t i = 0; i < v->n; i++)
    {
      v->at[i].score = SCORE;
      if (is_byte (&v->at[i]))
        v->at[i].type = TOKENIZER_BYTE;
    }
  if (tokenizer_each_named (t, mark) || tokenizer_vocab_pad (v, size > v->n ? size : v->n, SCORE))
    return fmtconv_ctx_failed (t->ctx);
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.model", "llama");
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.pre", "default");
  tokenizer_vocab_put (v, 1, t->keys);
  return tokenizer_put_special (t, v->n);
}
