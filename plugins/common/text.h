/* plugins/common/text.h: comparisons of strings.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool
text_starts_with (const char *s, const char *start)
{
  return !strncmp (s, start, strlen (start));
}

static inline bool
text_ends_with (const char *s, const char *end)
{
  size_t n = strlen (s), tail = strlen (end);
  return n >= tail && !strcmp (s + n - tail, end);
}

#endif
