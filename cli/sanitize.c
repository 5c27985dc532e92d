/* cli/sanitize.c: escapes strings from a file for plain output and JSON, so that no control character is printed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

/* Returns the length in bytes of the UTF-8 character at s, and stores it in *c; 0: not a character. */
static size_t
decode (const unsigned char *s, unsigned *c)
{
  static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t n = *s < 0x80                 ? 1
             : *s >= 0xf0 && *s < 0xf5 ? 4
             : *s >= 0xe0 && *s < 0xf0 ? 3
             : *s >= 0xc2 && *s < 0xe0 ? 2
                                       : 0;
  if (n < 2)
    {
      *c = *s;
      return n;
    }
  *c = *s & (0x7fu >> n);
  for (size_t i = 1; i < n; i++)
    {
      if ((s[i] & 0xc0) != 0x80)
        return 0;
      *c = *c << 6 | (s[i] & 0x3f);
    }
  return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff) ? 0 : n;
}

/* C0, DEL, C1, line separators, bidi controls, BOM: the same as for messages of the library. */
static bool
is_hidden (unsigned c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f
         || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

const char *
text_sanitized (char buffer[SANITIZED_SIZE], const char *s)
{
  const unsigned char *p = (const unsigned char *) s;
  size_t at = 0;
  while (*p && at < SANITIZED_SIZE - 16)
    {
      unsigned c;
      size_t n = decode (p, &c);
      if (n == 0 || c < 0x20 || c == 0x7f)
        at += (size_t) snprintf (buffer + at, SANITIZED_SIZE - at, "\\x%02x", *p);
      else if (is_hidden (c))
        at += (size_t) snprintf (buffer + at, SANITIZED_SIZE - at, "\\u%04x", c);
      else if (c == '\\')
        at += (size_t) snprintf (buffer + at, SANITIZED_SIZE - at, "\\\\");
      else /* names of a million tensors come here character by character */
        {
          memcpy (buffer + at, p, n);
          at += n;
        }
      p += n ? n : 1;
    }
  snprintf (buffer + at, SANITIZED_SIZE - at, "%s", *p ? "…" : "");
  return buffer;
}

void
put_json (FILE *to, const char *text)
{
  const unsigned char *p = (const unsigned char *) text, *from = p;
  while (*p)
    {
      unsigned c;
      size_t n = decode (p, &c);
      if (n && c >= 0x7f && is_hidden (c))
        {
          fwrite (from, 1, (size_t) (p - from), to);
          fprintf (to, "\\u%04x", c);
          from = p + n;
        }
      p += n ? n : 1;
    }
  fwrite (from, 1, (size_t) (p - from), to);
}
