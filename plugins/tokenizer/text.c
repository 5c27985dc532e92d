/* plugins/tokenizer/text.c: a text that grows, and JSON and Protocol Buffers in it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/protobuf.h"
#include "plugins/tokenizer/text.h"
#include <stdio.h>
#include <string.h>

enum
{
  FIRST_ROOM = 4096
};

/* Makes room for n more bytes.  Returns whether there is. */
static int
reserve (struct tokenizer_text *t, size_t n)
{
  if (fmtconv_ctx_failed (t->ctx))
    return 0;
  if (t->at && n <= t->room - t->n)
    return 1;
  const size_t room = 2 * t->room + n + FIRST_ROOM;
  char *more = fmtconv_ctx_alloc (t->ctx, room, 1);
  if (more && t->n)
    memcpy (more, t->at, t->n);
  if (!more)
    return 0;
  t->at = more;
  t->room = room;
  return 1;
}

void
tokenizer_text_bytes (struct tokenizer_text *t, const void *bytes, size_t n)
{
  if (!reserve (t, n) || !n)
    return;
  memcpy (t->at + t->n, bytes, n);
  t->n += n;
}

void
tokenizer_text_add (struct tokenizer_text *t, const char *text)
{
  tokenizer_text_bytes (t, text, strlen (text));
}

void
tokenizer_text_escaped (struct tokenizer_text *t, const char *text, size_t n)
{
  char code[8];
  size_t start = 0;
  for (size_t i = 0; i < n; i++)
    {
      const unsigned char c = (unsigned char) text[i];
      if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
        continue;
      tokenizer_text_bytes (t, text + start, i - start);
      start = i + 1;
      if (c == '"' || c == '\\')
        snprintf (code, sizeof code, "\\%c", c);
      else
        snprintf (code, sizeof code, "\\u%04x", c);
      tokenizer_text_add (t, code);
    }
  tokenizer_text_bytes (t, text + start, n - start);
}

void
tokenizer_text_json (struct tokenizer_text *t, const char *text, size_t n)
{
  tokenizer_text_add (t, "\"");
  tokenizer_text_escaped (t, text, n);
  tokenizer_text_add (t, "\"");
}

void
tokenizer_text_number (struct tokenizer_text *t, size_t number)
{
  char text[24];
  snprintf (text, sizeof text, "%zu", number);
  tokenizer_text_add (t, text);
}

void
tokenizer_text_varint (struct tokenizer_text *t, uint64_t value)
{
  unsigned char bytes[10];
  size_t n = 0;
  for (; value >= 0x80; value >>= 7)
    bytes[n++] = (unsigned char) (value | 0x80);
  bytes[n++] = (unsigned char) value;
  tokenizer_text_bytes (t, bytes, n);
}

void
tokenizer_text_field (struct tokenizer_text *t, unsigned tag, const void *bytes, size_t n)
{
  tokenizer_text_varint (t, tag);
  if ((tag & 7) == PROTOBUF_BYTES)
    tokenizer_text_varint (t, n);
  tokenizer_text_bytes (t, bytes, n);
}

void
tokenizer_text_attach (const struct tokenizer_text *t, fmtconv_model *out, const char *name)
{
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (out, blob));)
    if (!strcmp (blob->name, name))
      fmtconv_model_detach (out, blob);
  if (!fmtconv_ctx_failed (t->ctx))
    fmtconv_model_attach (out, name, fmtconv_source_memory (t->ctx, t->at, t->n, name));
}
