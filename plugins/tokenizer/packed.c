/* plugins/tokenizer/packed.c: arrays with a value for each token or merge, as the bytes that a file holds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

void
tokenizer_bytes_number (struct tokenizer_bytes *b, uint64_t number, unsigned bytes)
{
  for (unsigned i = 0; i < bytes; i++)
    b->at[b->n++] = (unsigned char) (number >> (8 * i));
}

void
tokenizer_bytes_string (struct tokenizer_bytes *b, const char *text, size_t n)
{
  tokenizer_bytes_number (b, n, 8);
  memcpy (b->at + b->n, text, n);
  b->n += n;
}

fmtconv_attr *
tokenizer_packed (fmtconv_ctx *ctx, const struct tokenizer_bytes *b, unsigned kind, unsigned bits,
                  uint64_t count)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_source_memory (ctx, b->at, b->n, "tokenizer"));
  return fmtconv_cursor_take_packed (&c, kind, bits, count);
}

/* Returns room for `bytes` bytes and `count` lengths. */
static int
begin (fmtconv_ctx *ctx, struct tokenizer_bytes *b, size_t bytes)
{
  *b = (struct tokenizer_bytes){ .at = fmtconv_ctx_alloc (ctx, bytes ? bytes : 1, 1) };
  return b->at ? 0 : fmtconv_ctx_failed (ctx);
}

static void
put_texts (const struct tokenizer_vocab *v, fmtconv_attr *keys)
{
  struct tokenizer_bytes b;
  size_t bytes = 8 * v->n;
  for (size_t i = 0; i < v->n; i++)
    bytes += v->at[i].n;
  if (begin (v->ctx, &b, bytes))
    return;
  for (size_t i = 0; i < v->n; i++)
    tokenizer_bytes_string (&b, v->at[i].text, v->at[i].n);
  fmtconv_attr_set (keys, "tokenizer.ggml.tokens",
                    tokenizer_packed (v->ctx, &b, FMTCONV_ATTR_STRING, 0, v->n));
}

static void
put_scores (const struct tokenizer_vocab *v, fmtconv_attr *keys)
{
  struct tokenizer_bytes b;
  if (begin (v->ctx, &b, 4 * v->n))
    return;
  for (size_t i = 0; i < v->n; i++)
    {
      uint32_t raw;
      memcpy (&raw, &v->at[i].score, sizeof raw);
      tokenizer_bytes_number (&b, raw, 4);
    }
  fmtconv_attr_set (keys, "tokenizer.ggml.scores",
                    tokenizer_packed (v->ctx, &b, FMTCONV_ATTR_FLOAT, 32, v->n));
}

static void
put_types (const struct tokenizer_vocab *v, fmtconv_attr *keys)
{
  struct tokenizer_bytes b;
  if (begin (v->ctx, &b, 4 * v->n))
    return;
  for (size_t i = 0; i < v->n; i++)
    tokenizer_bytes_number (&b, v->at[i].type, 4);
  fmtconv_attr_set (keys, "tokenizer.ggml.token_type",
                    tokenizer_packed (v->ctx, &b, FMTCONV_ATTR_INT, 32, v->n));
}

int
tokenizer_vocab_put (const struct tokenizer_vocab *v, int has_scores, fmtconv_attr *keys)
{
  put_texts (v, keys);
  if (has_scores)
    put_scores (v, keys);
  put_types (v, keys);
  return fmtconv_ctx_failed (v->ctx);
}
