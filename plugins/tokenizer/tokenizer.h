/* plugins/tokenizer/tokenizer.h: declarations of the transform that turns the files of a tokenizer into GGUF keys, and back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys are those of llama.cpp's converter (convert_hf_to_gguf.py with gguf-py's SpecialVocab), for these kinds:
 *   gpt2   byte-level BPE: tokenizer.json, or vocab.json and merges.txt
 *   llama  SentencePiece of the type BPE: tokenizer.model, or tokenizer.json with byte fallback
 *   t5     SentencePiece of the type Unigram: spiece.model or tokenizer.model; sentencepiece.bpe.model of XLM-RoBERTa
 *   bert   WordPiece: tokenizer.json
 *
 * Memory: tokenizer.json is parsed a member at a time, so the peak is its largest member, "model".  What stays is a
 * row for each token, its text, and the arrays of the keys, which are packed. */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include "plugins/tokenizer/vocab.h"
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

#define TOKENIZER_JSON "tokenizer.json"
#define TOKENIZER_CONFIG "tokenizer_config.json"
#define TOKENIZER_FAIRSEQ "sentencepiece.bpe.model" /* of XLM-RoBERTa */
#define TOKENIZER_SPACE "\xe2\x96\x81"              /* U+2581, the mark of a space in SentencePiece */
#define TOKENIZER_HINT "the file is damaged or was edited: get it again from where the model is published"

struct tokenizer_params
{
  const char *pre; /* NULL: by the table of known pre-tokenizers */
  int reverse;     /* from keys of GGUF to files */
};

struct tokenizer
{
  fmtconv_ctx *ctx;
  const struct tokenizer_params *p;
  const fmtconv_model *in;
  fmtconv_attr *config;   /* of the model; NULL: none */
  fmtconv_attr *settings; /* tokenizer_config.json; NULL: none */
  fmtconv_attr *parts;    /* members of tokenizer.json, without vocabulary and merges; NULL: none */
  fmtconv_source *json;   /* tokenizer.json, or the file that stands for it; for messages */
  struct tokenizer_vocab vocab;
  fmtconv_attr *merges; /* packed strings; NULL: none */
  fmtconv_attr *keys;   /* the result, in order */
};

/* All functions that return int return 0 or the code of an error. */

/* ---- Files (files.c) */

/* Returns a file of the model, or NULL. */
fmtconv_source *tokenizer_file (const struct tokenizer *t, const char *name);

/* Returns the JSON value in a file of the model; NULL: there is none, or an error. */
fmtconv_attr *tokenizer_read_json (const struct tokenizer *t, const char *name, unsigned kind);

/* Returns the text of a file; NULL: an error. */
const char *tokenizer_read_text (const struct tokenizer *t, fmtconv_source *source);

/* Removes the files that are in the keys from `out`, and lists them. */
int tokenizer_detach_files (const struct tokenizer *t, fmtconv_model *out);

/* ---- What the model says (size.c) */

/* Sets the number of tokens: rows of the embedding, else vocab_size of the configuration, else 0. */
int tokenizer_find_size (const struct tokenizer *t, size_t *size);

/* Returns an entry of the configuration, or of its text_config; NULL: none. */
fmtconv_attr *tokenizer_config_entry (const struct tokenizer *t, const char *key);

/* Returns whether the model's class is one of those that llama.cpp converts as Llama. */
int tokenizer_is_llama_class (const struct tokenizer *t);

/* ---- tokenizer.json (json.c, merges.c) */
int tokenizer_read_tokenizer_json (struct tokenizer *t, fmtconv_source *source);

/* Adds the tokens of an object {"token": id}. */
int tokenizer_read_vocab (struct tokenizer *t, const fmtconv_attr *object);

/* Reads merges, an array of "a b" or of ["a", "b"]; all parts and results are tokens. */
int tokenizer_read_merges (struct tokenizer *t, const fmtconv_attr *array, const char *continuing);

/* Reads merges.txt. */
int tokenizer_read_merges_txt (struct tokenizer *t, fmtconv_source *source);

/* ---- vocab.json and merges.txt (slow.c) */
int tokenizer_read_slow (struct tokenizer *t);

/* ---- Added tokens (added.c) */

/* Returns whether a token looks like a control token, although its file does not say so. */
int tokenizer_looks_special (const char *text);

/* Sets types and texts of the added tokens.  size: tokens of the model; 0: not known. */
int tokenizer_add_tokens (struct tokenizer *t, size_t size);

/* Returns the text of an entry that is a string or an added token; NULL: none. */
const char *tokenizer_content (fmtconv_attr *entry);

/* Returns a copy of a text with spaces in place of their marks; NULL: an error. */
char *tokenizer_unmark (fmtconv_ctx *ctx, const char *text);

/* Calls `each` for every special token that the settings name. */
int tokenizer_each_named (struct tokenizer *t, int (*each) (struct tokenizer *t, const char *text));

/* ---- Kinds */
int tokenizer_put_gpt2 (struct tokenizer *t);
int tokenizer_put_bert (struct tokenizer *t);
int tokenizer_put_llama_json (struct tokenizer *t);
int tokenizer_put_sentencepiece (struct tokenizer *t, fmtconv_source *source);

/* Returns whether the model is a kind of XLM-RoBERTa, whose ids are those of fairseq (fairseq.c). */
int tokenizer_is_fairseq (const struct tokenizer *t);

/* Pads the pieces to `size` tokens, and gives them fairseq's ids. */
int tokenizer_order_fairseq (struct tokenizer *t, size_t size, float pad_score);

/* Returns llama.cpp's name of the pre-tokenizer of a byte-level BPE; NULL: an error. */
const char *tokenizer_pre (const struct tokenizer *t);

/* Returns whether the tokenizer begins every text with a special token. */
int tokenizer_adds_bos (const struct tokenizer *t);

/* ---- Keys that do not depend on the kind */

/* Puts ids of special tokens, which of them are added, and chat templates.  n_vocab: ids are below; 0: no bound. */
int tokenizer_put_special (struct tokenizer *t, size_t n_vocab);
int tokenizer_put_chat_templates (struct tokenizer *t);
int tokenizer_put_sampling (struct tokenizer *t);

/* Changes settings and kinds of special tokens by the post-processor of tokenizer.json (template.c).  The arrays
 * `types` (with room for two more) and `adds` are those of tokenizer_put_special. */
struct tokenizer_special
{
  const char *types[9]; /* "bos" …, in order */
  size_t n;
  fmtconv_attr *adds; /* "bos" → bool */
};
void tokenizer_read_template (struct tokenizer *t, struct tokenizer_special *s);

#endif
