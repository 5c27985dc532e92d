/* plugins/tokenizer/pre.h: how a byte-level BPE splits a text, as a row of the table of published ones.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_PRE_H
#define TOKENIZER_PRE_H

/* A condition: any, or no or yes alone. */
enum
{
  ANY,
  NO,
  YES
};

enum
{
  MAX_STEPS = 8
};

/* Steps without a regular expression. */
#define TOKENIZER_DIGITS "Digits"
#define TOKENIZER_BYTES "ByteLevel"
#define TOKENIZER_WORDS "ByteLevel with its expression"

struct pre_row
{
  const char *name;
  const char *steps[MAX_STEPS]; /* the name of a step, or the regular expression of a split */
  unsigned char nfc;            /* the normalizer is NFC */
  unsigned char bos;            /* a text begins with a special token */
  unsigned char ignores;        /* a word that is a token is not merged */
  unsigned char cleans;         /* spaces are removed from the output */
  unsigned char roberta;        /* the post-processor is RoBERTa's */
  unsigned char usual_nfc;      /* with any normalizer: whether that of the published models is NFC */
};

/* Returns the row of llama.cpp's name; NULL: the name is not known. */
const struct pre_row *tokenizer_pre_row (const char *name);

#endif
