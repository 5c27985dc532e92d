/* plugins/tokenizer/vocab.h: the tokens of a model by their ids.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_VOCAB_H
#define TOKENIZER_VOCAB_H

#include <fmtconv/formats.h>

enum
{
  TOKENIZER_MAX_TOKENS = 1 << 20 /* the largest published vocabularies have 900 000 */
};

/* Types of tokens: the numbers of llama.cpp. */
enum tokenizer_type
{
  TOKENIZER_NORMAL = 1,
  TOKENIZER_UNKNOWN = 2,
  TOKENIZER_CONTROL = 3,
  TOKENIZER_USER_DEFINED = 4,
  TOKENIZER_UNUSED = 5,
  TOKENIZER_BYTE = 6
};

struct tokenizer_token
{
  const char *text; /* NULL: the id has no token */
  uint32_t n;       /* bytes */
  uint32_t type;    /* enum tokenizer_type */
  float score;
};

/* A token in the order of texts. */
struct tokenizer_entry
{
  const char *text;
  uint32_t n;
  uint32_t id;
};

struct tokenizer_vocab
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* for messages */
  struct tokenizer_token *at;
  size_t n; /* highest id + 1 */
  size_t capacity;
  struct tokenizer_entry *sorted; /* of tokenizer_vocab_sort; NULL: not sorted */
  size_t n_sorted;
  size_t longest; /* bytes */
};

/* All functions that return int return 0 or the code of an error. */

/* Makes room for the ids below n. */
int tokenizer_vocab_reserve (struct tokenizer_vocab *v, uint64_t n);

/* Sets the token of an id that has none, or the same one.  The text is referenced. */
int tokenizer_vocab_set (struct tokenizer_vocab *v, int64_t id, const char *text, size_t n, unsigned type,
                         float score);

/* Makes tokens searchable by text, as they are now. */
int tokenizer_vocab_order (struct tokenizer_vocab *v);

/* Does so, and refuses a text that is there twice. */
int tokenizer_vocab_sort (struct tokenizer_vocab *v);

/* Returns the id of a text among the sorted tokens; -1: none. */
int64_t tokenizer_vocab_find (const struct tokenizer_vocab *v, const char *text, size_t n);

/* Gives all ids below `size` without a token the unused token "[PADid]", with that score. */
int tokenizer_vocab_pad (struct tokenizer_vocab *v, size_t size, float score);

/* Puts tokens, scores if there are some, and types into keys. */
int tokenizer_vocab_put (const struct tokenizer_vocab *v, int has_scores, fmtconv_attr *keys);

/* ---- Packed arrays */
struct tokenizer_bytes
{
  unsigned char *at;
  size_t n;
};

/* Appends an integer of 4 or 8 bytes, or a string; the room is there. */
void tokenizer_bytes_number (struct tokenizer_bytes *b, uint64_t number, unsigned bytes);
void tokenizer_bytes_string (struct tokenizer_bytes *b, const char *text, size_t n);

/* Returns `count` values in b as a packed array; NULL: an error. */
fmtconv_attr *tokenizer_packed (fmtconv_ctx *ctx, const struct tokenizer_bytes *b, unsigned kind,
                                unsigned bits, uint64_t count);

#endif
