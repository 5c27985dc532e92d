/* core/attr/yaml-scalar.c: resolves a plain YAML scalar: null, bool, int, float or string.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/yaml-scalar.h"
#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/size.h"
#include "core/base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  LONGEST_NUMBER = 64
};

/* Returns whether s is the word in one of three spellings: yes, Yes, YES. */
static bool
is_word (const char *s, const char *lower)
{
  char title[8] = "", upper[8] = "";
  for (size_t i = 0; lower[i]; i++)
    {
      upper[i] = lower[i] >= 'a' && lower[i] <= 'z' ? (char) (lower[i] - 32) : lower[i];
      title[i] = i ? lower[i] : upper[i];
    }
  return strcmp (s, lower) == 0 || strcmp (s, title) == 0 || strcmp (s, upper) == 0;
}

/* Returns 1, 0, or -1 if it is not a bool. */
static int
truth (const char *s)
{
  if (is_word (s, "true") || is_word (s, "yes") || is_word (s, "on"))
    return 1;
  return is_word (s, "false") || is_word (s, "no") || is_word (s, "off") ? 0 : -1;
}

/* Copies s without '_'. Returns false if it is too long for a number or does not start like one. */
static bool
compact (const char *s, char to[LONGEST_NUMBER])
{
  size_t n = 0;
  if (!strchr ("+-.0123456789", *s))
    return false;
  for (; *s; s++)
    if (*s != '_')
      {
        if (n == LONGEST_NUMBER - 1)
          return false;
        to[n++] = *s;
      }
  to[n] = '\0';
  return true;
}

/* Parses digits of the base, and nothing else, into 64 bits. */
static bool
parse_digits (const char *s, unsigned base, uint64_t *value)
{
  static const char digits[] = "0123456789abcdef";
  *value = 0;
  for (const char *p = s; *p; p++)
    {
      char c = *p >= 'A' && *p <= 'F' ? (char) (*p + 32) : *p;
      const char *digit = memchr (digits, c, base);
      if (!digit || !fci_size_mul (*value, base, value)
          || !fci_size_add (*value, (uint64_t) (digit - digits), value))
        return false;
    }
  return *s != '\0';
}

static fmtconv_attr *
integer (fmtconv_ctx *ctx, const char *s)
{
  bool negative = *s == '-';
  s += *s == '-' || *s == '+';
  unsigned base = 10;
  if (s[0] == '0' && s[1] != '\0')
    {
      base = s[1] == 'x' ? 16 : (s[1] == 'b' ? 2 : 8);
      s += base == 8 ? (s[1] == 'o' ? 2 : 1) : 2;
    }
  uint64_t value;
  if (!parse_digits (s, base, &value) || (negative && value > (uint64_t) INT64_MAX + 1))
    return NULL;
  fmtconv_attr *node =
      fci_attr_new (ctx, !negative && value > INT64_MAX ? FMTCONV_ATTR_UINT : FMTCONV_ATTR_INT);
  if (node)
    node->v.u = negative ? 0 - value : value;
  return node;
}

/* Returns whether s is [-+] digits [. digits] [e [-+] digits], with a digit before or after the point. */
static bool
is_float (const char *s)
{
  s += *s == '-' || *s == '+';
  size_t whole = strspn (s, "0123456789");
  s += whole;
  size_t fraction = *s == '.' ? strspn (s + 1, "0123456789") : 0;
  s += *s == '.' ? 1 + fraction : 0;
  if (whole + fraction == 0)
    return false;
  if (*s == 'e' || *s == 'E')
    {
      s += 1 + (s[1] == '-' || s[1] == '+');
      size_t exponent = strspn (s, "0123456789");
      return exponent > 0 && s[exponent] == '\0';
    }
  return *s == '\0';
}

static double
read_float (const char *s)
{
  locale_t before = fci_os_c_locale_begin ();
  double v = strtod (s, NULL);
  fci_os_c_locale_end (before);
  return v;
}

static fmtconv_attr *
floating (fmtconv_ctx *ctx, const char *s)
{
  const char *unsigned_part = s + (*s == '-' || *s == '+');
  double v;
  if (is_word (unsigned_part, ".inf") || strcmp (unsigned_part, ".Inf") == 0)
    v = *s == '-' ? -INFINITY : INFINITY;
  else if (is_word (s, ".nan") || strcmp (s, ".NaN") == 0)
    v = NAN;
  else if (is_float (s))
    v = read_float (s);
  else
    return NULL;
  fmtconv_attr *node = fci_attr_new (ctx, FMTCONV_ATTR_FLOAT);
  if (node)
    node->v.f = v;
  return node;
}

fmtconv_attr *
fci_yaml_scalar (fmtconv_ctx *ctx, const char *s, size_t len)
{
  char number[LONGEST_NUMBER];
  fmtconv_attr *node = NULL;
  if (len == 0 || strcmp (s, "~") == 0 || is_word (s, "null"))
    return fci_attr_new (ctx, FMTCONV_ATTR_NULL);
  if (truth (s) >= 0)
    {
      node = fci_attr_new (ctx, FMTCONV_ATTR_BOOL);
      if (node)
        node->v.i = truth (s);
      return node;
    }
  if (compact (s, number))
    {
      node = integer (ctx, number);
      if (!node && !ctx->failed)
        node = floating (ctx, number);
    }
  return node || ctx->failed ? node : fci_attr_string (ctx, s, len);
}
