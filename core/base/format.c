/* core/base/format.c: a printf that escapes every %s.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_WIDTH = 256,
  MAX_PRECISION = 64, /* of numbers */
  NUMBER = 512,       /* bytes of any number within those: 309 digits and the precision */
};

/* A va_list that functions can share. */
typedef struct args
{
  va_list ap;
} args;

typedef struct conversion
{
  char flags[6];
  int width;
  int precision; /* -1: none */
  char length;   /* h, l, j, z, t; H for hh, L for ll; 0: none */
  char type;
} conversion;

/* Reads a number or '*' at *p. */
static int
number (const char **p, args *a)
{
  if (**p == '*')
    {
      ++*p;
      return va_arg (a->ap, int);
    }
  int n = 0;
  for (; **p >= '0' && **p <= '9'; ++*p)
    n = n < 100000 ? 10 * n + (**p - '0') : n;
  return n;
}

static char
length_of (const char **p)
{
  char c = **p;
  if (c == '\0' || !strchr ("hljzt", c))
    return 0;
  ++*p;
  if (**p != c || (c != 'h' && c != 'l'))
    return c;
  ++*p;
  return c == 'h' ? 'H' : 'L';
}

/* Parses the conversion after a '%' and moves *p past it. */
static conversion
parse (const char **p, args *a)
{
  conversion c = { .precision = -1 };
  size_t n_flags = strspn (*p, "-0 +#");
  memcpy (c.flags, *p, n_flags < sizeof c.flags - 1 ? n_flags : sizeof c.flags - 1);
  *p += n_flags;
  c.width = number (p, a);
  if (c.width < -MAX_WIDTH || c.width > MAX_WIDTH)
    c.width = c.width < 0 ? -MAX_WIDTH : MAX_WIDTH;
  if (**p == '.')
    {
      ++*p;
      c.precision = number (p, a);
    }
  c.length = length_of (p);
  c.type = **p;
  if (c.type)
    ++*p;
  return c;
}

static intmax_t
signed_arg (char length, args *a)
{
  switch (length)
    {
    case 'H':
      return (signed char) va_arg (a->ap, int);
    case 'h':
      return (short) va_arg (a->ap, int);
    case 'l':
      return va_arg (a->ap, long);
    case 'L':
      return va_arg (a->ap, long long);
    case 'j':
      return va_arg (a->ap, intmax_t);
    case 'z':
    case 't':
      return va_arg (a->ap, ptrdiff_t);
    default:
      return va_arg (a->ap, int);
    }
}

static uintmax_t
unsigned_arg (char length, args *a)
{
  switch (length)
    {
    case 'H':
      return (unsigned char) va_arg (a->ap, unsigned);
    case 'h':
      return (unsigned short) va_arg (a->ap, unsigned);
    case 'l':
      return va_arg (a->ap, unsigned long);
    case 'L':
      return va_arg (a->ap, unsigned long long);
    case 'j':
      return va_arg (a->ap, uintmax_t);
    case 'z':
    case 't':
      return va_arg (a->ap, size_t);
    default:
      return va_arg (a->ap, unsigned);
    }
}

/* The formats below are built from a parsed conversion, never from data. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void
put_number (fci_sink *sink, const conversion *c, args *a)
{
  char format[24], text[NUMBER];
  int precision = c->precision < MAX_PRECISION ? c->precision : MAX_PRECISION;
  const char *length = strchr ("diouxX", c->type) ? "j" : "";
  snprintf (format, sizeof format, "%%%s*%s%s%c", c->flags, c->type == 'p' ? "" : ".*", length, c->type);
  if (c->type == 'p')
    snprintf (text, sizeof text, format, c->width, va_arg (a->ap, void *));
  else if (c->type == 'd' || c->type == 'i')
    snprintf (text, sizeof text, format, c->width, precision, signed_arg (c->length, a));
  else if (*length)
    snprintf (text, sizeof text, format, c->width, precision, unsigned_arg (c->length, a));
  else
    snprintf (text, sizeof text, format, c->width, precision, va_arg (a->ap, double));
  fci_sink_put (sink, text, strlen (text));
}

#pragma GCC diagnostic pop

/* Appends the escaped string, padded to the width. */
static void
put_string (fci_sink *sink, const conversion *c, const char *s, size_t len)
{
  char text[FCI_TEXT_BYTES + 8] = "", pad[MAX_WIDTH];
  fci_sink shown = FCI_SINK (text);
  fci_sink_escape (&shown, s, len, FCI_TEXT_BYTES);
  size_t width = (size_t) abs (c->width);
  size_t padding = width > shown.len ? width - shown.len : 0;
  bool left = c->width < 0 || strchr (c->flags, '-');
  memset (pad, ' ', padding);
  if (!left)
    fci_sink_put (sink, pad, padding);
  fci_sink_put (sink, text, shown.len);
  if (left)
    fci_sink_put (sink, pad, padding);
}

static void
put_conversion (fci_sink *sink, const conversion *c, args *a)
{
  if (c->type == 's')
    {
      const char *s = va_arg (a->ap, const char *);
      if (!s)
        s = "(null)";
      put_string (sink, c, s, c->precision < 0 ? strlen (s) : strnlen (s, (size_t) c->precision));
    }
  else if (c->type == 'c')
    {
      char s = (char) va_arg (a->ap, int);
      put_string (sink, c, &s, 1);
    }
  else if (c->type && strchr ("diouxXpfFeEgG", c->type))
    put_number (sink, c, a);
  else
    fci_sink_trusted (sink, &c->type, c->type ? 1 : 0);
}

/* Uses the C locale, so that numbers do not depend on the application's locale. */
void
fci_sink_vformat (fci_sink *sink, const char *format, va_list ap)
{
  locale_t before = fci_os_c_locale_begin ();
  args a;
  va_copy (a.ap, ap);
  for (const char *p = format; *p;)
    {
      size_t plain = strcspn (p, "%");
      fci_sink_trusted (sink, p, plain);
      p += plain;
      if (*p == '\0')
        break;
      p++;
      conversion c = parse (&p, &a);
      put_conversion (sink, &c, &a);
    }
  va_end (a.ap);
  fci_os_c_locale_end (before);
}

void
fci_sink_format (fci_sink *sink, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  fci_sink_vformat (sink, format, ap);
  va_end (ap);
}
