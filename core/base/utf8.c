/* core/base/utf8.c: strict decoding of UTF-8.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/text.h"
#include "core/base/utf8.h"
#include <string.h>

/* Returns the bytes of the character that starts with `lead`, 0: not a lead byte; *bits: bits of the code point in it. */
static size_t
length (unsigned char lead, uint32_t *bits)
{
  size_t n = 0;
  if (lead < 0x80)
    n = 1;
  else if (lead >= 0xc2 && lead < 0xe0)
    n = 2;
  else if (lead >= 0xe0 && lead < 0xf0)
    n = 3;
  else if (lead >= 0xf0 && lead < 0xf5)
    n = 4;
  *bits = n > 1 ? lead & (0xffu >> (n + 1)) : lead;
  return n;
}

size_t
fci_utf8_next (const char *s, size_t left, uint32_t *character)
{
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  uint32_t c = 0;
  size_t n = left ? length ((unsigned char) s[0], &c) : 0;
  if (n == 0 || n > left)
    return 0;
  for (size_t i = 1; i < n; i++)
    {
      unsigned char byte = (unsigned char) s[i];
      if ((byte & 0xc0) != 0x80)
        return 0;
      c = c << 6 | (byte & 0x3f);
    }
  if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
    return 0;
  *character = c;
  return n;
}

#define EACH(byte) (UINT64_MAX / 0xff * (byte))

/* Eight bytes at once: a subtraction borrows into the highest bit of a byte that is less, and of those above, which only makes
 * the result cautious. */
size_t
fci_printable (const char *s, size_t n)
{
  size_t at = 0;
  for (uint64_t word; n - at >= sizeof word; at += sizeof word)
    {
      memcpy (&word, s + at, sizeof word);
      const uint64_t is_delete = word ^ EACH (0x7f);
      if ((word | (word - EACH (0x20)) | (is_delete - EACH (1))) & EACH (0x80))
        return at;
    }
  while (at < n && s[at] >= 0x20 && s[at] < 0x7f)
    at++;
  return at;
}

bool
fci_utf8_is_text (const char *s, size_t n)
{
  uint32_t character;
  for (size_t at = fci_printable (s, n), step; at < n; at += step)
    if ((step = fci_utf8_next (s + at, n - at, &character)) == 0)
      return false;
  return true;
}

int
fci_is_utf8 (const char *s, size_t len)
{
  for (size_t i = fci_printable (s, len), n; i < len; i += n)
    {
      uint32_t c;
      n = fci_utf8_next (s + i, len - i, &c);
      if (n == 0 || c == 0)
        return 0;
    }
  return 1;
}

bool
fci_is_control (uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f
         || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool
fci_is_hidden (uint32_t c)
{
  return fci_is_control (c) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}
