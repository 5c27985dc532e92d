/* cli/text.c: formats and parses numbers and sizes for people.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns whether the space at text[at] follows an option's letter, which stays with its argument: "-t cast:bf16". */
static bool
is_after_letter (const char *text, size_t at)
{
  return at > 2 && text[at - 2] == '-' && text[at - 3] == ' ';
}

/* Returns the bytes of the words that fit in that many columns; at least one word. */
static size_t
fitting (const char *text, size_t columns)
{
  size_t n = 0, used = 0, at = 0;
  for (; text[at] && text[at] != '\n'; at++)
    {
      if (text[at] == ' ' && used <= columns && !is_after_letter (text, at))
        n = at;
      used += ((unsigned char) text[at] & 0xc0) != 0x80; /* a UTF-8 character */
      if (used > columns && n)
        return n;
    }
  return at;
}

void
text_wrap (FILE *to, const char *text, int indent)
{
  for (bool first = true; *text; first = false)
    {
      const size_t n = fitting (text, (size_t) (HELP_WIDTH - indent));
      fprintf (to, "%*s%.*s\n", first ? 0 : indent, "", (int) n, text);
      text += n;
      text += *text == '\n' ? 1 : strspn (text, " ");
    }
}

const char *
text_bytes (char buffer[TEXT_SIZE], uint64_t bytes)
{
  static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
  double value = (double) bytes;
  size_t unit = 0;
  while (value >= 1024 && unit < sizeof units / sizeof *units - 1)
    value /= 1024, unit++;
  snprintf (buffer, TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return buffer;
}

const char *
text_number (char buffer[TEXT_SIZE], uint64_t count)
{
  char digits[24];
  int n = snprintf (digits, sizeof digits, "%llu", (unsigned long long) count), to = 0;
  for (int i = 0; i < n; i++)
    {
      if (i && (n - i) % 3 == 0)
        buffer[to++] = ',';
      buffer[to++] = digits[i];
    }
  buffer[to] = 0;
  return buffer;
}

const char *
text_count (char buffer[TEXT_SIZE], uint64_t count, const char *thing)
{
  char number[TEXT_SIZE];
  snprintf (buffer, TEXT_SIZE, "%.27s %.16s%s", text_number (number, count), thing, count == 1 ? "" : "s");
  return buffer;
}

const char *
text_seconds (char buffer[TEXT_SIZE], double seconds)
{
  if (seconds < 60)
    snprintf (buffer, TEXT_SIZE, "%.2f s", seconds);
  else
    snprintf (buffer, TEXT_SIZE, "%.0f min %02.0f s", floor (seconds / 60), fmod (seconds, 60));
  return buffer;
}

/* Parses a size: 64M and 64MiB are binary, 5GB is decimal, a bare number counts bytes. */
bool
text_parse_size (const char *text, uint64_t *bytes)
{
  static const char letters[] = "KMGT";
  char *end;
  unsigned long long n = strtoull (text, &end, 10);
  uint64_t factor = 1;
  if (!isdigit ((unsigned char) *text))
    return false;
  const char *letter = *end ? strchr (letters, toupper ((unsigned char) *end)) : NULL;
  if (letter)
    {
      uint64_t base = strcasecmp (end + 1, "B") ? 1024 : 1000;
      for (const char *l = letters; l <= letter; l++)
        factor *= base;
      end++;
    }
  if (*end && strcasecmp (end, "B") && !(letter && !strcasecmp (end, "iB")))
    return false;
  return !__builtin_mul_overflow ((uint64_t) n, factor, bytes);
}

const char *
text_shape (char *buffer, size_t size, fmtconv_attr *shape)
{
  size_t at = (size_t) snprintf (buffer, size, "[");
  for (fmtconv_attr *d = shape ? shape->first : NULL; d && at + 24 < size; d = d->next)
    at +=
        (size_t) snprintf (buffer + at, size - at, "%llu%s", (unsigned long long) d->v.u, d->next ? "," : "");
  snprintf (buffer + at, size - at, "]");
  return buffer;
}

const char *
text_stats (char buffer[STATS_SIZE], fmtconv_attr *stats)
{
  static const struct
  {
    const char *key, *what;
  } counts[] = { { "nan", "NaN" }, { "inf", "infinite" }, { "overflow_f16", "too large for f16" } };
  fmtconv_attr *min = fmtconv_attr_get (stats, "min"), *mean = fmtconv_attr_get (stats, "mean");
  size_t n = 0;
  buffer[0] = '\0';
  if (!stats || stats->kind != FMTCONV_ATTR_OBJECT)
    return buffer;
  if (!fmtconv_attr_get_int (stats, "values", 0))
    n = (size_t) snprintf (buffer, STATS_SIZE, "no values");
  else if (!min || min->kind != FMTCONV_ATTR_FLOAT)
    n = (size_t) snprintf (buffer, STATS_SIZE, "no finite values");
  else
    n = (size_t) snprintf (buffer, STATS_SIZE, "%.4g … %.4g", min->v.f,
                           fmtconv_attr_get_float (stats, "max", 0));
  if (mean && mean->kind == FMTCONV_ATTR_FLOAT)
    n += (size_t) snprintf (buffer + n, STATS_SIZE - n, ", mean %.3g", mean->v.f);
  for (size_t i = 0; i < sizeof counts / sizeof *counts && n < STATS_SIZE; i++)
    {
      char count[TEXT_SIZE];
      uint64_t found = (uint64_t) fmtconv_attr_get_int (stats, counts[i].key, 0);
      if (found)
        n += (size_t) snprintf (buffer + n, STATS_SIZE - n, ", %s %s", text_number (count, found),
                                counts[i].what);
    }
  return buffer;
}
