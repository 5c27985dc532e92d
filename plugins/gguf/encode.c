/* plugins/gguf/encode.c: encodes values as bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  LARGE = 1 << 16, /* bytes of an array that is copied from file to file */
  STEP = 1 << 14
};

void
gguf_flush (struct gguf_bytes *to)
{
  fmtconv_file_emit (to->file, to->piece, to->n);
  to->n = 0;
}

static void
put (struct gguf_bytes *to, const void *bytes, size_t n)
{
  const unsigned char *from = bytes;
  while (n)
    {
      size_t capacity = sizeof to->piece - to->n, step = n < capacity ? n : capacity;
      memcpy (to->piece + to->n, from, step);
      to->n += step;
      from += step;
      n -= step;
      if (to->n == sizeof to->piece)
        gguf_flush (to);
    }
}

void
gguf_put_number (struct gguf_bytes *to, unsigned bytes, uint64_t number)
{
  unsigned char le[8];
  for (unsigned i = 0; i < bytes; i++)
    le[i] = (unsigned char) (number >> (8 * i));
  put (to, le, bytes);
}

void
gguf_put_string (struct gguf_bytes *to, const char *s, size_t n)
{
  gguf_put_number (to, 8, n);
  put (to, s, n);
}

static uint64_t
float_bits (double value, unsigned bits)
{
  float f = (float) value;
  uint32_t low;
  uint64_t raw;
  memcpy (&low, &f, sizeof low);
  memcpy (&raw, &value, sizeof raw);
  return bits == 32 ? low : raw;
}

/* Writes packed values of a big-endian file. */
static void
put_swapped (struct gguf_bytes *to, const fmtconv_packed *packed)
{
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  const unsigned bytes = packed->kind == FMTCONV_ATTR_STRING ? 8 : packed->bits / 8;
  while (c.pos < c.end)
    {
      const uint64_t at = c.pos, number = fmtconv_cursor_take_be (&c, bytes),
                     n = packed->kind == FMTCONV_ATTR_STRING ? number : 0;
      const void *text = fmtconv_cursor_take (&c, n);
      if (c.pos == at || !text) /* an error */
        return;
      gguf_put_number (to, bytes, number);
      put (to, text, (size_t) n);
    }
}

static void
put_packed (struct gguf_bytes *to, const fmtconv_packed *packed)
{
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  if (packed->is_big_endian)
    {
      put_swapped (to, packed);
      return;
    }
  if (packed->bytes > LARGE)
    {
      gguf_flush (to);
      fmtconv_file_emit_source (to->file,
                                fmtconv_source_window (packed->source, packed->at, packed->bytes, "array"));
      return;
    }
  while (c.pos < c.end)
    {
      uint64_t n = c.end - c.pos < STEP ? c.end - c.pos : STEP;
      const void *bytes = fmtconv_cursor_take (&c, n);
      if (!bytes)
        return;
      put (to, bytes, (size_t) n);
    }
}

/* Writes a value of that type. */
static void
put_scalar (struct gguf_bytes *to, const fmtconv_attr *value, int type)
{
  unsigned bits = gguf_types[type].bits;
  if (gguf_bytes_of (value))
    put_packed (to, gguf_bytes_of (value));
  else if (type == GGUF_STRING)
    gguf_put_string (to, value->v.s, value->len);
  else if (type == GGUF_BOOL)
    gguf_put_number (to, 1, value->v.i != 0);
  else if (value->kind == FMTCONV_ATTR_FLOAT)
    gguf_put_number (to, bits / 8, float_bits (value->v.f, bits));
  else
    gguf_put_number (to, bits / 8, value->v.u);
}

void
gguf_put_value (struct gguf_bytes *to, const fmtconv_attr *value)
{
  int type = gguf_type_of (value);
  gguf_put_number (to, 4, (uint64_t) type);
  if (type != GGUF_ARRAY)
    {
      put_scalar (to, value, type);
      return;
    }
  int item = gguf_item_type_of (value);
  gguf_put_number (to, 4, (uint64_t) item);
  gguf_put_number (to, 8, value->len);
  if (value->kind == FMTCONV_ATTR_PACKED)
    put_packed (to, value->v.packed);
  else
    for (const fmtconv_attr *i = value->first; i; i = i->next)
      put_scalar (to, i, item);
}
