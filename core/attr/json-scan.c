/* core/attr/json-scan.c: checks a JSON text before parsing, to bound the parser's memory and to give errors
 * a position.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json-scan.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DIGITS = 309 /* of the largest float */
};

typedef struct scan
{
  fmtconv_ctx *ctx;
  const char *text;
  size_t len;
  size_t pos;
  unsigned depth;
  unsigned max;   /* allowed depth */
  unsigned plain; /* depth of objects whose keys have no control characters */
  size_t values;  /* upper bound that needs no parsing */
  size_t numbers; /* numbers read so far */
  size_t control; /* position of a control character in the last string; SIZE_MAX: none */
  fci_json_number *first;
  fci_json_number *last;
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

/* Scans from the opening quote past the closing quote. */
static void
scan_string (scan *s)
{
  s->control = SIZE_MAX;
  for (s->pos++; s->pos < s->len && s->text[s->pos] != '"'; s->pos++)
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
keep_number (scan *s, size_t pos, size_t len, fci_json_number number)
{
  fci_json_number *kept = fci_new (s->ctx, fci_json_number);
  if (!kept)
    {
      fault_at (s, FMTCONV_E_NOMEM, pos, "out of memory");
      return;
    }
  *kept = number;
  kept->number = s->numbers;
  kept->pos = pos;
  kept->len = len;
  if (s->last)
    s->last->next = kept;
  else
    s->first = kept;
  s->last = kept;
}

/* Returns whether digits are an integer that a float holds exactly, and which. */
static bool
is_exact_float (const char *digits, size_t n, double *real)
{
  char text[DIGITS + 1], back[DIGITS + 1];
  if (n > DIGITS)
    return false;
  memcpy (text, digits, n);
  text[n] = '\0';
  *real = strtod (text, NULL); /* there is no point whose character depends on the locale */
  return isfinite (*real) && snprintf (back, sizeof back, "%.0f", *real) == (int) n && !strcmp (text, back);
}

/* Keeps a number that jansson cannot hold.  is_integer: it is digits, whose value fits 64 bits if is_exact. */
static void
keep_odd (scan *s, size_t start, bool is_integer, bool is_exact, uint64_t value)
{
  const char *text = s->text + start;
  const size_t n = s->pos - start;
  double real;
  if (is_exact && value > INT64_MAX && *text != '0')
    keep_number (s, start, n, (fci_json_number){ .value = value });
  else if (n == 2 && !memcmp (text, "-0", 2))
    keep_number (s, start, n, (fci_json_number){ .is_float = true, .real = -0.0 });
  else if (is_integer && !is_exact && is_exact_float (text, n, &real))
    keep_number (s, start, n, (fci_json_number){ .is_float = true, .real = real });
}

static void
scan_number (scan *s)
{
  size_t start = s->pos;
  uint64_t value = 0;
  bool is_integer = true, is_exact = true;
  for (; s->pos < s->len && memchr ("0123456789+-.eE", s->text[s->pos], 15); s->pos++)
    {
      char c = s->text[s->pos];
      is_integer = is_integer && c >= '0' && c <= '9';
      is_exact = is_exact && is_integer && fci_size_mul (value, 10, &value)
                 && fci_size_add (value, (uint64_t) (c - '0'), &value);
    }
  keep_odd (s, start, is_integer, is_exact, value);
  s->numbers++;
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

fci_json_number *
fci_json_scan (fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth, unsigned plain,
               fci_attr_fault *fault)
{
  scan s = { .ctx = ctx,
             .text = text,
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
      else if (c == '-' || (c >= '0' && c <= '9'))
        scan_number (&s);
      else
        scan_mark (&s, c);
    }
  return s.first;
}
