/* plugins/tokenizer/back.h: declarations of the way back: from the keys of a GGUF file to the files of a tokenizer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the keys say is rebuilt so that the way forward gives the same keys again.  What they do not say is listed in a note, and
 * a kind of tokenizer that cannot be rebuilt is a warning: the keys stay, and the folder gets no tokenizer. */
#ifndef TOKENIZER_BACK_H
#define TOKENIZER_BACK_H

#include "plugins/tokenizer/pre.h"
#include "plugins/tokenizer/text.h"
#include "plugins/tokenizer/tokenizer.h"

struct tokenizer_back
{
  struct tokenizer t; /* .keys are those of the file, .settings the tokenizer_config.json that is made */
  fmtconv_model *out;
  const char *kind;     /* tokenizer.ggml.model */
  fmtconv_attr *merges; /* an array; NULL: none */
  const struct pre_row *pre;
  size_t n_assumed; /* details that are assumed, for the note */
};

/* All functions that return int return 0 or the code of an error. */

/* Makes the files of the tokenizer that the keys of `out` describe, and removes these keys. */
int tokenizer_back (struct tokenizer *t, fmtconv_model *out);

/* Adds a line to the note on what the keys do not say. */
#define tokenizer_back_assume(b, ...) ((b)->n_assumed++, fmtconv_detail ((b)->t.ctx, __VA_ARGS__))

/* ---- Tokens and merges (back-vocab.c) */

/* Reads tokens, types, scores and merges.  *why: what cannot be rebuilt, or NULL. */
int tokenizer_back_read (struct tokenizer_back *b, const char **why);

/* Returns the token whose id is the value of a key.  NULL: there is none. */
const struct tokenizer_token *tokenizer_back_special (const struct tokenizer_back *b, const char *key);

/* Returns a truth value among the keys. */
int tokenizer_back_says (const struct tokenizer_back *b, const char *key, int otherwise);

/* Returns whether a token is one of the tokenizer: it does not only fill the embedding up. */
int tokenizer_back_is_real (const struct tokenizer_token *token, size_t id);

/* Returns whether a token is added to the vocabulary: it controls, or the user defined it. */
int tokenizer_back_is_added (const struct tokenizer_token *token);

/* ---- Parts of tokenizer.json (back-json.c) */

/* Begins the file: version and added tokens. */
void tokenizer_back_begin (struct tokenizer_back *b, struct tokenizer_text *json);

/* Puts what is added to a text, by TemplateProcessing; nothing: `otherwise`. */
void tokenizer_back_template (const struct tokenizer_back *b, struct tokenizer_text *json,
                              const char *otherwise, int adds_bos);

/* Puts the vocabulary: all tokens up to n, or without added ones. */
void tokenizer_back_vocab (const struct tokenizer_back *b, struct tokenizer_text *json, size_t n);

/* Returns how many tokens the vocabulary needs, so that the added ones after it get their ids. */
size_t tokenizer_back_size (const struct tokenizer_back *b);

/* ---- Kinds.  *why: what cannot be rebuilt, or NULL. */
int tokenizer_back_gpt2 (struct tokenizer_back *b, const char **why);
int tokenizer_back_pieces (struct tokenizer_back *b, const char **why);

/* Makes tokenizer.model or spiece.model (back-model.c).  n: pieces. */
int tokenizer_back_model (struct tokenizer_back *b, size_t n, const char *name);

/* Puts the merges that the scores of pieces give (back-merges.c).  *why: they give none. */
int tokenizer_back_merges (struct tokenizer_back *b, struct tokenizer_text *json, const char **why);

/* ---- Settings (back-settings.c) */

/* Makes tokenizer_config.json. */
int tokenizer_back_settings (struct tokenizer_back *b);

/* Makes generation_config.json. */
int tokenizer_back_generation (struct tokenizer_back *b);

#endif
