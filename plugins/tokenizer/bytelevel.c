/* plugins/tokenizer/bytelevel.c: the characters that stand for bytes in byte-level BPE (GPT-2: bytes_to_unicode).
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/bytelevel.h"
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Returns whether a byte stands for itself: it is printable in latin-1. */
static int
is_itself (unsigned c)
{
  return (c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xac) || (c >= 0xae && c <= 0xff);
}

/* Returns the byte that a character stands for; -1: none.  The others are U+0100, U+0101 … in order. */
static int
byte_of (unsigned c)
{
  if (c < 0x100)
    return is_itself (c) ? (int) c : -1;
  for (unsigned byte = 0, next = 0x100; byte < 0x100; byte++)
    if (!is_itself (byte) && next++ == c)
      return (int) byte;
  return -1;
}

/* Returns the next character of valid UTF-8 below U+0800, and its length; 0: another character, or the end. */
static unsigned
next (const char *at, size_t *n)
{
  const unsigned char *u = (const unsigned char *) at;
  *n = u[0] < 0x80 ? 1 : 2;
  if (u[0] < 0x80)
    return u[0];
  return (u[0] & 0xe0) == 0xc0 ? (u[0] & 0x1fU) << 6 | (u[1] & 0x3fU) : 0;
}

/* Returns the bytes of the character that begins at u; 0: they are not one, and *bad of them are replaced together. */
static size_t
character (const unsigned char *u, size_t n, size_t *bad)
{
  const unsigned char c = u[0];
  const size_t want = c < 0x80                 ? 1
                      : c >= 0xc2 && c <= 0xdf ? 2
                      : (c & 0xf0) == 0xe0     ? 3
                      : c >= 0xf0 && c <= 0xf4 ? 4
                                               : 0;
  *bad = 1;
  for (size_t i = 1; i < want; i++)
    {
      const unsigned char low = i == 1 && c == 0xe0   ? 0xa0
                                : i == 1 && c == 0xf0 ? 0x90
                                                      : 0x80,
                          high = i == 1 && c == 0xed   ? 0x9f
                                 : i == 1 && c == 0xf4 ? 0x8f
                                                       : 0xbf;
      if (i >= n || u[i] < low || u[i] > high)
        {
          *bad = i;
          return 0;
        }
    }
  return want;
}

/* Copies bytes as text; what is not UTF-8 becomes U+FFFD. */
static const char *
replace (fmtconv_ctx *ctx, const unsigned char *bytes, size_t n)
{
  char *text = fmtconv_ctx_alloc (ctx, 3 * n + 1, 1), *to = text;
  for (size_t at = 0, bad; text && at < n;)
    {
      const size_t good = character (bytes + at, n - at, &bad);
      memcpy (to, good ? (const char *) bytes + at : REPLACEMENT, good ? good : strlen (REPLACEMENT));
      to += good ? good : strlen (REPLACEMENT);
      at += good ? good : bad;
    }
  return text;
}

const char *
tokenizer_decode_bytes (fmtconv_ctx *ctx, const char *text)
{
  size_t used = 0, n;
  unsigned char *bytes = fmtconv_ctx_alloc (ctx, strlen (text) + 1, 1);
  if (!bytes)
    return NULL;
  for (const char *at = text; *at; at += n)
    {
      const int byte = byte_of (next (at, &n));
      if (byte < 0)
        return text;
      bytes[used++] = (unsigned char) byte;
    }
  return replace (ctx, bytes, used);
}
