/* core/attr/packed.c: arrays whose values stay in their file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/packed.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/source/source.h"
#include <string.h>

enum
{
  MAX_STRING = 64 << 20, /* bytes */
  AT_ONCE = 1 << 16      /* values between checks for cancellation */
};

static int
fail (const fmtconv_cursor *c, uint64_t at, int code, const char *what)
{
  return fmtconv_fail_at (c->source->ctx, code, &(fmtconv_where){ .source = c->source, .offset = at }, "%s",
                          what);
}

/* Returns the bytes of a value, except a string; 0: no such type. */
static unsigned
width_of (unsigned kind, unsigned bits)
{
  bool is_float = kind == FMTCONV_ATTR_FLOAT,
       is_integer = kind == FMTCONV_ATTR_INT || kind == FMTCONV_ATTR_UINT;
  if (kind == FMTCONV_ATTR_BOOL)
    return 1;
  if ((is_float || is_integer) && (bits == 32 || bits == 64))
    return bits / 8;
  return is_integer && (bits == 8 || bits == 16) ? bits / 8 : 0;
}

static void
check_bools (fmtconv_cursor c, uint64_t count)
{
  for (uint64_t i = 0; i < count && !c.source->ctx->failed; i++)
    if (fmtconv_cursor_take_le (&c, 1) > 1)
      fail (&c, c.pos - 1, FMTCONV_E_FORMAT, "a bool is neither 0 nor 1");
}

static uint64_t
take_number (fmtconv_cursor *c, bool is_big_endian, unsigned bytes)
{
  return (is_big_endian ? fmtconv_cursor_take_be : fmtconv_cursor_take_le) (c, bytes);
}

/* Reads the next string into the arena. */
static const char *
take_string (fmtconv_cursor *c, bool is_big_endian, uint64_t *n)
{
  *n = take_number (c, is_big_endian, 8);
  if (*n > MAX_STRING && fci_size_within (c->pos, *n, c->end))
    {
      fail (c, c->pos - 8, FMTCONV_E_LIMIT, "a string is longer than 64 MiB");
      return NULL;
    }
  return fmtconv_cursor_take (c, *n);
}

/* Skips strings, which are read into a separate arena. Returns whether all are UTF-8 without NULs. */
static bool
pass_strings (fmtconv_cursor *c, bool is_big_endian, uint64_t count)
{
  bool is_text = true;
  fmtconv_ctx *ctx = c->source->ctx;
  fci_arena kept = ctx->arena;
  ctx->arena = FCI_ARENA_BESIDE (ctx);
  for (uint64_t i = 0, n; i < count && !ctx->failed; i++)
    {
      const char *s = take_string (c, is_big_endian, &n);
      is_text = is_text && s && fci_is_utf8 (s, (size_t) n);
      if (i % AT_ONCE == 0)
        fci_check_cancel (ctx);
      fci_arena_reuse (&ctx->arena);
    }
  fci_arena_clear (&ctx->arena);
  ctx->arena = kept;
  return is_text;
}

/* Skips and checks `count` values. Returns false on an error (recorded). */
static bool
pass (fmtconv_cursor *c, fmtconv_packed *packed, unsigned width, uint64_t count)
{
  fmtconv_ctx *ctx = c->source->ctx;
  uint64_t bytes;
  if (packed->kind == FMTCONV_ATTR_STRING)
    packed->is_text = pass_strings (c, packed->is_big_endian, count);
  else if (!fci_size_mul (count, width, &bytes) || !fci_size_within (c->pos, bytes, c->end))
    fail (c, c->pos, FMTCONV_E_FORMAT, "an array has more values than the file has bytes");
  else
    {
      if (packed->kind == FMTCONV_ATTR_BOOL)
        check_bools (*c, count);
      c->pos += bytes;
    }
  return !ctx->failed;
}

/* A node and the array that it points to. */
struct made
{
  fmtconv_attr node;
  fmtconv_packed packed;
};

static fmtconv_attr *
take_packed (fmtconv_cursor *cursor, bool is_big_endian, unsigned kind, unsigned bits, uint64_t count)
{
  fmtconv_ctx *ctx = cursor && cursor->source ? cursor->source->ctx : NULL;
  unsigned width = width_of (kind, bits);
  if (!ctx || ctx->failed)
    return NULL;
  if (!width && kind != FMTCONV_ATTR_STRING)
    {
      fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "an array cannot have values of kind %u and %u bits", kind,
                    bits);
      return NULL;
    }
  struct made *made = fci_new (ctx, struct made);
  if (!made)
    return NULL;
  made->packed = (fmtconv_packed){ .source = cursor->source,
                                   .at = cursor->pos,
                                   .kind = (uint8_t) (kind == FMTCONV_ATTR_UINT ? FMTCONV_ATTR_INT : kind),
                                   .bits = (uint8_t) (kind == FMTCONV_ATTR_STRING ? 0 : 8 * width),
                                   .is_unsigned = kind == FMTCONV_ATTR_UINT,
                                   .is_big_endian = is_big_endian };
  if (!pass (cursor, &made->packed, width, count))
    return NULL;
  made->packed.bytes = cursor->pos - made->packed.at;
  made->node = (fmtconv_attr){
    .ctx = ctx, .kind = FMTCONV_ATTR_PACKED, .len = (size_t) count, .v.packed = &made->packed
  };
  return &made->node;
}

fmtconv_attr *
fmtconv_cursor_take_packed (fmtconv_cursor *cursor, unsigned kind, unsigned bits, uint64_t count)
{
  return take_packed (cursor, false, kind, bits, count);
}

fmtconv_attr *
fmtconv_cursor_take_packed_be (fmtconv_cursor *cursor, unsigned kind, unsigned bits, uint64_t count)
{
  return take_packed (cursor, true, kind, bits, count);
}

static double
float_of (uint64_t raw, unsigned bits)
{
  uint32_t low = (uint32_t) raw;
  float f;
  double d;
  memcpy (&f, &low, sizeof f);
  memcpy (&d, &raw, sizeof d);
  return bits == 32 ? (double) f : d;
}

static void
set_number (fmtconv_attr *node, const fmtconv_packed *packed, uint64_t raw)
{
  node->bits = packed->kind == FMTCONV_ATTR_BOOL ? 0 : packed->bits;
  node->is_unsigned = packed->is_unsigned;
  if (packed->kind == FMTCONV_ATTR_FLOAT)
    node->v.f = float_of (raw, packed->bits);
  else if (packed->is_unsigned || packed->kind == FMTCONV_ATTR_BOOL)
    node->v.u = raw;
  else
    node->v.i = (int64_t) (raw << (64 - packed->bits)) >> (64 - packed->bits);
  if (packed->is_unsigned && raw > INT64_MAX)
    node->kind = FMTCONV_ATTR_UINT;
}

fmtconv_attr *
fci_packed_next (const fmtconv_packed *packed, fmtconv_cursor *cursor)
{
  fmtconv_ctx *ctx = packed->source->ctx;
  fmtconv_attr *node = ctx->failed ? NULL : fci_attr_new (ctx, packed->kind);
  if (!node)
    return NULL;
  if (packed->kind != FMTCONV_ATTR_STRING)
    set_number (node, packed, take_number (cursor, packed->is_big_endian, packed->bits / 8));
  else
    {
      uint64_t n;
      node->v.s = take_string (cursor, packed->is_big_endian, &n);
      node->len = (size_t) n;
    }
  return ctx->failed ? NULL : node;
}

fmtconv_attr *
fmtconv_attr_unpack (fmtconv_attr *node)
{
  if (!node || node->ctx->failed || node->kind != FMTCONV_ATTR_PACKED)
    return node;
  const fmtconv_packed *packed = node->v.packed;
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  fmtconv_attr *array = fci_attr_new (node->ctx, FMTCONV_ATTR_ARRAY);
  for (size_t i = 0; array && i < node->len; i++)
    {
      fmtconv_attr *item = fci_packed_next (packed, &c);
      if (!item)
        return NULL;
      if (item->kind == FMTCONV_ATTR_STRING && !fci_is_utf8 (item->v.s, item->len))
        {
          fail (&c, c.pos - item->len, FMTCONV_E_FORMAT,
                fci_utf8_is_text (item->v.s, item->len) ? "the text contains a NUL byte"
                                                        : "the text is not valid UTF-8");
          return NULL;
        }
      fci_attr_append (array, NULL, item);
    }
  return array;
}
