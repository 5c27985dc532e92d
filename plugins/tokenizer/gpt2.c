/* plugins/tokenizer/gpt2.c: the keys of a byte-level BPE and of WordPiece.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/tokenizer/tokenizer.h"

/* Completes the tokens to the number that the model has. */
static int
complete (struct tokenizer *t)
{
  size_t size = 0;
  if (tokenizer_find_size (t, &size) || tokenizer_add_tokens (t, size))
    return fmtconv_ctx_failed (t->ctx);
  return tokenizer_vocab_pad (&t->vocab, size ? size : t->vocab.n, 0);
}

int
tokenizer_put_gpt2 (struct tokenizer *t)
{
  const char *pre = tokenizer_pre (t);
  if (!pre || complete (t))
    return fmtconv_ctx_failed (t->ctx);
  if (!t->merges)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .source = t->json, .hint = TOKENIZER_HINT },
                            "the BPE tokenizer has no merges");
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.model", "gpt2");
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.pre", pre);
  tokenizer_vocab_put (&t->vocab, 0, t->keys);
  fmtconv_attr_set (t->keys, "tokenizer.ggml.merges", t->merges);
  return tokenizer_put_special (t, 0);
}

/* Marks words by a space in front, as llama.cpp has them, instead of parts of words by "##". */
static int
mark_words (struct tokenizer *t)
{
  for (size_t i = 0; i < t->vocab.n; i++)
    {
      struct tokenizer_token *token = &t->vocab.at[i];
      if (token->type == TOKENIZER_CONTROL)
        continue;
      token->text = text_starts_with (token->text, "##")
                        ? token->text + 2
                        : fmtconv_ctx_printf (t->ctx, TOKENIZER_SPACE "%s", token->text);
      if (!token->text)
        return fmtconv_ctx_failed (t->ctx);
      token->n = (uint32_t) strlen (token->text);
    }
  return 0;
}

int
tokenizer_put_bert (struct tokenizer *t)
{
  const int64_t given = fmtconv_attr_get_int (tokenizer_config_entry (t, "type_vocab_size"), NULL, 1),
                types = given > 0 && given <= INT32_MAX ? given : 1;
  if (complete (t) || mark_words (t))
    return fmtconv_ctx_failed (t->ctx);
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.model", "bert");
  /* The reference's name for the tokenizer of BERT.  llama.cpp has only one pre-tokenizer for WordPiece. */
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.pre", t->p->pre ? t->p->pre : "jina-v2-en");
  tokenizer_vocab_put (&t->vocab, 0, t->keys);
  fmtconv_attr_set_typed_uint (t->keys, "tokenizer.ggml.token_type_count", (uint64_t) types, 32);
  return tokenizer_put_special (t, t->vocab.n);
}
