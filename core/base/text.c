/* core/base/text.c: sizes for people, strings in the arena, suggestions for mistyped names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/size.h"
#include "core/base/text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum
{
  LONGEST_NAME = 64 /* bytes of names that are compared */
};

/* Formats as vsnprintf does in the C locale. */
static int print (char *to, size_t size, const char *format, va_list ap)
    __attribute__ ((format (printf, 3, 0)));

static int
print (char *to, size_t size, const char *format, va_list ap)
{
  locale_t before = fci_os_c_locale_begin ();
  int n = vsnprintf (to, size, format, ap);
  fci_os_c_locale_end (before);
  return n;
}

/* Formats a string into memory of `alloc`. */
static char *print_into (fmtconv_ctx *ctx, void *(*alloc) (fmtconv_ctx *ctx, size_t n, size_t size),
                         const char *format, va_list ap) __attribute__ ((format (printf, 3, 0)));

static char *
print_into (fmtconv_ctx *ctx, void *(*alloc) (fmtconv_ctx *ctx, size_t n, size_t size), const char *format,
            va_list ap)
{
  char brief[256]; /* long enough for most texts */
  va_list again;
  va_copy (again, ap);
  const int n = ctx && !ctx->failed ? print (brief, sizeof brief, format, ap) : -1;
  char *text = n < 0 ? NULL : alloc (ctx, (size_t) n + 1, 1);
  if (text && (size_t) n < sizeof brief)
    memcpy (text, brief, (size_t) n);
  else if (text)
    print (text, (size_t) n + 1, format, again);
  else if (ctx && !ctx->failed)
    fci_nomem (ctx);
  va_end (again);
  return text;
}

char *
fmtconv_ctx_printf (fmtconv_ctx *ctx, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  char *text = print_into (ctx, fmtconv_ctx_alloc, format, ap);
  va_end (ap);
  return text;
}

char *
fmtconv_scratch_printf (fmtconv_ctx *ctx, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  char *text = print_into (ctx, fmtconv_scratch_alloc, format, ap);
  va_end (ap);
  return text;
}

const char *
fci_size_text (fmtconv_ctx *ctx, uint64_t bytes)
{
  static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
  unsigned unit = 0;
  while (unit < 6 && bytes >> (10 * unit) >= 1024)
    unit++;
  if (unit == 0)
    return fmtconv_ctx_printf (ctx, "%u B", (unsigned) bytes);
  /* Rounded tenths; both parts stay far below 2^64. */
  unsigned shift = 10 * unit;
  uint64_t rest = bytes & ((UINT64_C (1) << shift) - 1);
  uint64_t low = shift > 50 ? rest >> (shift - 50) : rest;
  unsigned low_bits = shift > 50 ? 50 : shift;
  uint64_t tenths = (bytes >> shift) * 10 + ((low * 10 + (UINT64_C (1) << (low_bits - 1))) >> low_bits);
  if (tenths >= 10240 && unit < 6)
    {
      tenths = 10;
      unit++;
    }
  return fmtconv_ctx_printf (ctx, "%u.%u %s", (unsigned) (tenths / 10), (unsigned) (tenths % 10),
                             units[unit]);
}

/* Returns the factor of a unit: "" and "B" 1, "M" and "MiB" 2^20, "MB" 10^6; 0: not a unit. */
static uint64_t
unit_factor (const char *unit)
{
  static const char letters[] = "kmgtpe";
  if (*unit == '\0' || strcasecmp (unit, "b") == 0)
    return 1;
  const char *letter = memchr (letters, *unit | 0x20, sizeof letters - 1);
  bool decimal = strcasecmp (unit + 1, "b") == 0;
  if (!letter || (!decimal && unit[1] != '\0' && strcasecmp (unit + 1, "ib") != 0))
    return 0;
  uint64_t factor = 1;
  for (const char *l = letters; l <= letter; l++)
    factor *= decimal ? 1000 : 1024;
  return factor;
}

int
fci_parse_size (const char *text, uint64_t *bytes)
{
  uint64_t n = 0;
  const char *p = text;
  for (; *p >= '0' && *p <= '9'; p++)
    if (!fci_size_mul (n, 10, &n) || !fci_size_add (n, (uint64_t) (*p - '0'), &n))
      return false;
  uint64_t factor = p == text ? 0 : unit_factor (p);
  return factor != 0 && fci_size_mul (n, factor, bytes);
}

static unsigned
least (unsigned a, unsigned b)
{
  return a < b ? a : b;
}

/* Returns the number of insertions, deletions, replacements and swaps of neighbors between two short
 * names. */
static unsigned
distance (const char *a, size_t n, const char *b, size_t m)
{
  unsigned rows[3][LONGEST_NAME + 1];
  for (size_t j = 0; j <= m; j++)
    rows[0][j] = (unsigned) j;
  for (size_t i = 1; i <= n; i++)
    {
      unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
      row[0] = (unsigned) i;
      for (size_t j = 1; j <= m; j++)
        {
          row[j] = least (least (above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = least (row[j], two_above[j - 2] + 1);
        }
    }
  return rows[n % 3][m];
}

const char *
fci_spell_nearest (const char *typed, const char *const *names, size_t n)
{
  size_t len = strlen (typed);
  if (len == 0 || len > LONGEST_NAME)
    return NULL;
  const char *nearest = NULL;
  unsigned best = (unsigned) (len < 6 ? 2 : len / 3 + 1); /* first distance that is too far */
  for (size_t i = 0; i < n; i++)
    {
      size_t other = strlen (names[i]);
      unsigned d = other <= LONGEST_NAME ? distance (typed, len, names[i], other) : best;
      if (d < best)
        {
          best = d;
          nearest = names[i];
        }
    }
  return nearest;
}
