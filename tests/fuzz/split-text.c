/* tests/fuzz/split-text.c: splits texts: JSON into values, members and punctuation, others into lines and words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/mutate.h"
#include <ctype.h>

/* Returns the end of a string that begins at `at`. */
static size_t
end_of_string (const uint8_t *data, size_t size, size_t at)
{
  for (at++; at < size && data[at] != '"'; at++)
    at += data[at] == '\\';
  return at < size ? at + 1 : size;
}

static bool
is_word (uint8_t c)
{
  return isalnum (c) || c == '_' || c == '-' || c == '+' || c == '.' || c >= 0x80;
}

static size_t
end_of_word (const uint8_t *data, size_t size, size_t at)
{
  while (at < size && is_word (data[at]))
    at++;
  return at;
}

void
fuzz_split_json (const uint8_t *data, size_t size, fuzz_spans *spans)
{
  enum
  {
    DEPTH = 64
  };
  size_t begin[DEPTH], depth = 0, member = 0;
  for (size_t at = 0, end; at < size; at = end)
    {
      end = at + 1;
      if (data[at] == '"')
        end = end_of_string (data, size, at);
      else if (is_word (data[at]))
        end = end_of_word (data, size, at);
      else if (data[at] == '{' || data[at] == '[')
        {
          begin[depth++ % DEPTH] = at;
          member = end;
          continue;
        }
      else if (data[at] == '}' || data[at] == ']')
        {
          if (depth > 0)
            {
              const size_t opened = begin[--depth % DEPTH];
              fuzz_add_span (spans, opened, end - opened);
            }
          continue;
        }
      else if (data[at] == ',')
        {
          fuzz_add_span (spans, member, end - member);
          member = end;
          continue;
        }
      fuzz_add_span (spans, at, end - at);
    }
}

void
fuzz_split_lines (const uint8_t *data, size_t size, fuzz_spans *spans)
{
  for (size_t at = 0, line = 0; at < size; at++)
    {
      if (is_word (data[at]) && (at == line || !is_word (data[at - 1])))
        fuzz_add_span (spans, at, end_of_word (data, size, at) - at);
      if (data[at] == '\n')
        {
          fuzz_add_span (spans, line, at + 1 - line);
          line = at + 1;
        }
    }
}
