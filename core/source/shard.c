/* core/source/shard.c: reads the numbers in the name of a file of a split model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_DIGITS = 9
};

/* Reads 1 to 9 digits at s. Returns their number; 0: none, or too many. */
static size_t
take_digits (const char *s, uint64_t *value)
{
  size_t n = 0;
  for (*value = 0; s[n] >= '0' && s[n] <= '9'; n++)
    {
      if (n == MAX_DIGITS)
        return 0;
      *value = 10 * *value + (uint64_t) (s[n] - '0');
    }
  return n;
}

/* Reads "-00002-of-00003." at `name + start`. */
static int
parse_at (const char *name, size_t start, fmtconv_shard *out)
{
  static const char of[] = "-of-";
  *out = (fmtconv_shard){ .start = start };
  out->digits = take_digits (name + start + 1, &out->number);
  const char *s = name + start + 1 + out->digits;
  if (!out->digits || strncmp (s, of, sizeof of - 1) != 0)
    return 0;
  s += sizeof of - 1;
  size_t n = take_digits (s, &out->count);
  out->end = (size_t) (s - name) + n;
  return n > 0 && s[n] == '.' && out->count > 0 && out->number <= out->count;
}

int
fmtconv_shard_parse (const char *name, fmtconv_shard *out)
{
  for (size_t i = 1; name && *name && name[i]; i++)
    if ((name[i] == '-' || name[i] == '_') && parse_at (name, i, out))
      return 1;
  return 0;
}
