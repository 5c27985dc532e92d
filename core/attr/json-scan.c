/* core/attr/json-scan.c: checks a JSON text before parsing, to bound the parser's memory and to give errors
 * a position.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json-scan.h"
#include <string.h>

typedef struct scan
{
  const char *text;
  size_t len;
  size_t pos;
  unsigned depth;
  unsigned max;   /* allowed depth */
  unsigned plain; /* depth of objects whose keys have no control characters */
  size_t values;  /* upper bound that needs no parsing */
  size_t control; /* position of a control character in the last string; SIZE_MAX: none */
  fci_attr_fault *fault;
} scan;

static void
fault_at (scan *s, int code, size_t pos, const char *what)
{
  if (s->fault->code == 0)
    *s->fault = (fci_attr_fault){ .code = code, .pos = pos, .what = what };
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns whether the escape at p, after its backslash, is a control character. */
static bool
is_control_escape (const char *p, size_t remaining)
{
  if (remaining > 0 && memchr ("bfnrt", *p, 5))
    return true;
  if (remaining < 5 || *p != 'u')
    return false;
  unsigned c = 0;
  for (int i = 1; i <= 4; i++)
    {
      int digit = hex_digit (p[i]);
      if (digit < 0)
        return false;
      c = c << 4 | (unsigned) digit;
    }
  return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

static bool
is_control (const char *p, size_t remaining)
{
  unsigned char c = (unsigned char) *p;
  return c < 0x20 || c == 0x7f
         || (c == 0xc2 && remaining > 1 && (unsigned char) p[1] >= 0x80 && (unsigned char) p[1] < 0xa0);
}

/* Returns how many characters stand for themselves. */
static size_t
plain_length (const scan *s)
{
  const char *at = s->text + s->pos, *end = s->text + s->len;
  while (at < end && *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\')
    at++;
  return (size_t) (at - (s->text + s->pos));
}

/* Scans from the opening quote past the closing quote. */
static void
scan_string (scan *s)
{
  s->control = SIZE_MAX;
  s->pos++;
  for (s->pos += plain_length (s); s->pos < s->len && s->text[s->pos] != '"'; s->pos++)
    {
      const char *p = s->text + s->pos;
      size_t remaining = s->len - s->pos;
      bool control = *p == '\\' ? is_control_escape (p + 1, remaining - 1) : is_control (p, remaining);
      if (control && s->control == SIZE_MAX)
        s->control = s->pos;
      if (*p == '\\')
        s->pos++;
    }
  s->pos++;
}

static void
scan_mark (scan *s, char c)
{
  if (c == '[' || c == '{' || c == ',')
    s->values++;
  if (s->values > FCI_JSON_VALUES)
    fault_at (s, FMTCONV_E_LIMIT, s->pos, "more values than the limit of 8388608");
  if (c == ':' && s->control != SIZE_MAX && s->depth <= s->plain)
    fault_at (s, FMTCONV_E_FORMAT, s->control, "a control character in a key");
  if ((c == '[' || c == '{') && s->depth++ == s->max)
    fault_at (s, FMTCONV_E_FORMAT, s->pos, "values are nested too deeply");
  if ((c == ']' || c == '}') && s->depth > 0)
    s->depth--;
  s->pos++;
}

void
fci_json_scan (const char *text, size_t len, unsigned depth, unsigned plain, fci_attr_fault *fault)
{
  scan s = { .text = text,
             .len = len,
             .max = depth < FCI_JSON_DEPTH ? depth : FCI_JSON_DEPTH,
             .plain = plain,
             .control = SIZE_MAX,
             .fault = fault };
  while (s.pos < len && fault->code == 0)
    {
      char c = text[s.pos];
      if (c == '"')
        scan_string (&s);
      else
        scan_mark (&s, c);
    }
}
