/* plugins/tokenizer/fairseq.c: the ids of XLM-RoBERTa, which are not those of its pieces of SentencePiece.
 * SPDX-License-Identifier: Apache-2.0
 *
 * fairseq numbers <s>, <pad>, </s> and <unk> first, then the pieces from the fourth on; SentencePiece has <unk>, <s> and </s>
 * first (transformers, models/xlm_roberta/tokenization_xlm_roberta.py).  llama.cpp's converter pads the pieces before it moves
 * them, so that the text of an unused token names the id before its own. */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

enum
{
  MOVED_FROM = 3, /* first piece that keeps its text … */
  MOVED_TO = 4    /* … and its id */
};

int
tokenizer_is_fairseq (const struct tokenizer *t)
{
  static const char kin[] = "XLMRoberta";
  const char *class = fmtconv_attr_get_string (fmtconv_attr_at (t->config, "architectures/0"), NULL, "");
  return !strncmp (class, kin, sizeof kin - 1);
}

/* Returns whether the model has the first pieces that fairseq replaces. */
static int
begins_as_expected (const struct tokenizer_vocab *v)
{
  return v->n >= MOVED_FROM && v->at[0].type == TOKENIZER_UNKNOWN && v->at[1].type == TOKENIZER_CONTROL
         && !strcmp (v->at[1].text, "<s>") && v->at[2].type == TOKENIZER_CONTROL
         && !strcmp (v->at[2].text, "</s>");
}

int
tokenizer_order_fairseq (struct tokenizer *t, size_t size, float pad_score)
{
  static const struct tokenizer_token first[MOVED_TO] = { { "<s>", 3, TOKENIZER_CONTROL, 0 },
                                                          { "<pad>", 5, TOKENIZER_CONTROL, 0 },
                                                          { "</s>", 4, TOKENIZER_CONTROL, 0 },
                                                          { "<unk>", 5, TOKENIZER_UNKNOWN, 0 } };
  struct tokenizer_vocab *v = &t->vocab;
  if (!begins_as_expected (v))
    return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .source = v->source, .hint = TOKENIZER_HINT },
                            "the first pieces are not <unk>, <s> and </s>, as XLM-RoBERTa has them");
  if (v->n + MOVED_TO - MOVED_FROM > size)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .source = v->source, .hint = TOKENIZER_HINT },
                            "%zu pieces and <pad> are more than the %zu tokens of the model", v->n, size);
  if (tokenizer_vocab_pad (v, size, pad_score))
    return fmtconv_ctx_failed (t->ctx);
  memmove (v->at + MOVED_TO, v->at + MOVED_FROM, (size - MOVED_TO) * sizeof *v->at);
  memcpy (v->at, first, sizeof first);
  return tokenizer_vocab_order (v);
}
