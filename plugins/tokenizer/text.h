/* plugins/tokenizer/text.h: a text that grows, and JSON in it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_TEXT_H
#define TOKENIZER_TEXT_H

#include <fmtconv/formats.h>

/* Bytes that a file will hold; they are kept by the context.  After an error nothing is added. */
struct tokenizer_text
{
  fmtconv_ctx *ctx;
  char *at;
  size_t n;
  size_t room;
};

/* Append bytes, a text, and a string of JSON without and with its quotation marks. */
void tokenizer_text_bytes (struct tokenizer_text *t, const void *bytes, size_t n);
void tokenizer_text_add (struct tokenizer_text *t, const char *text);
void tokenizer_text_escaped (struct tokenizer_text *t, const char *text, size_t n);
void tokenizer_text_json (struct tokenizer_text *t, const char *text, size_t n);

/* Append an integer of JSON. */
void tokenizer_text_number (struct tokenizer_text *t, size_t number);

/* Append an integer and a field of bytes as Protocol Buffers store them.  tag: number of the field << 3 | its type. */
void tokenizer_text_varint (struct tokenizer_text *t, uint64_t value);
void tokenizer_text_field (struct tokenizer_text *t, unsigned tag, const void *bytes, size_t n);

/* Attaches the text as a file of the model, in place of one of that name. */
void tokenizer_text_attach (const struct tokenizer_text *t, fmtconv_model *out, const char *name);

#endif
