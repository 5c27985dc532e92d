/* tests/fuzz/split-pickle.c: splits a pickle into opcodes with their arguments.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: pickletools of CPython. */
#include "tests/fuzz/mutate.h"
#include <string.h>

/* Returns the offset after n lines. */
static size_t
after_lines (const uint8_t *data, size_t size, size_t at, unsigned n)
{
  for (; n && at < size; at++)
    n -= data[at] == '\n';
  return at;
}

/* Returns the offset after bytes whose length is a number of `width` bytes at `at`. */
static size_t
after_counted (const uint8_t *data, size_t size, size_t at, unsigned width)
{
  uint64_t n = 0;
  if (size - at < width)
    return size;
  memcpy (&n, data + at, width);
  return n < size - at - width ? at + width + (size_t) n : size;
}

/* Returns the offset after the arguments of an opcode. */
static size_t
after_arguments (const uint8_t *data, size_t size, size_t at, uint8_t opcode)
{
  if (memchr ("FILSVgpP", opcode, 8))
    return after_lines (data, size, at, 1);
  if (memchr ("ci", opcode, 2))
    return after_lines (data, size, at, 2);
  if (memchr ("CU\x8a\x8c", opcode, 4))
    return after_counted (data, size, at, 1);
  if (memchr ("BTX\x8b", opcode, 4))
    return after_counted (data, size, at, 4);
  if (memchr ("\x8d\x8e\x96", opcode, 3))
    return after_counted (data, size, at, 8);
  const size_t width = memchr ("Khq\x80\x82", opcode, 5) ? 1
                       : memchr ("M\x83", opcode, 2)     ? 2
                       : memchr ("Jjr\x84", opcode, 4)   ? 4
                       : memchr ("G\x95", opcode, 2)     ? 8
                                                         : 0;
  return size - at < width ? size : at + width;
}

void
fuzz_split_pickle (const uint8_t *data, size_t size, fuzz_spans *spans)
{
  for (size_t at = 0, end; at < size; at = end)
    {
      end = after_arguments (data, size, at + 1, data[at]);
      fuzz_add_span (spans, at, end - at);
    }
}
