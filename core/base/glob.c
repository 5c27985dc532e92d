/* core/base/glob.c: shell globs on tensor names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include <fmtconv/formats.h>
#include <fmtconv/model.h>
#include <stdbool.h>
#include <string.h>

/* Returns whether `c` is in the set after '['; *end: after its ']'; NULL: not closed, and '[' is a plain
 * character. */
static bool
in_set (const char *set, char c, const char **end)
{
  bool negated = *set == '!' || *set == '^', found = false;
  const char *s = set + negated, *first = s;
  for (; *s && (*s != ']' || s == first); s++)
    if (s[1] == '-' && s[2] && s[2] != ']')
      {
        found |= (unsigned char) *s <= (unsigned char) c && (unsigned char) c <= (unsigned char) s[2];
        s += 2;
      }
    else
      found |= *s == c;
  *end = *s ? s + 1 : NULL;
  return found != negated;
}

/* Returns whether one element of the glob matches `c`; *after: the next element. */
static bool
match_one (const char *glob, char c, const char **after)
{
  const char *end;
  *after = glob + 1;
  if (*glob == '?')
    return true;
  if (*glob != '[')
    return *glob == c;
  bool found = in_set (glob + 1, c, &end);
  if (!end)
    return c == '[';
  *after = end;
  return found;
}

/* Retries only the last '*': a later one can match everything that an earlier one could. */
int
fmtconv_glob_match (const char *glob, const char *name)
{
  const char *star = NULL, *from = NULL, *after;
  if (!glob || !name)
    return 0;
  while (*name)
    if (*glob == '*')
      {
        star = ++glob;
        from = name;
      }
    else if (*glob && match_one (glob, *name, &after))
      {
        glob = after;
        name++;
      }
    else if (star)
      {
        glob = star;
        name = ++from;
      }
    else
      return 0;
  return glob[strspn (glob, "*")] == 0;
}

const char *
fmtconv_glob_quote (fmtconv_ctx *ctx, const char *name)
{
  char *glob = name ? fmtconv_ctx_alloc (ctx, strlen (name) + 1, 3) : NULL, *to = glob;
  for (; glob && *name; name++)
    if (strchr ("*?[", *name))
      {
        *to++ = '[';
        *to++ = *name;
        *to++ = ']';
      }
    else
      *to++ = *name;
  return glob;
}
