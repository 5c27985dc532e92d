/* tests/fuzz/spans.c: changes one part of a file that was split.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/mutate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fuzz_add_span (fuzz_spans *spans, size_t at, size_t size)
{
  if (spans->n < FUZZ_MAX_SPANS)
    spans->span[spans->n++] = (fuzz_span){ at, size };
}

size_t
fuzz_splice (uint8_t *data, size_t size, size_t max, size_t at, size_t gone, const void *bytes, size_t n)
{
  if (size - gone + n > max)
    return size;
  uint8_t *copy = malloc (n + !n);
  if (!copy)
    abort ();
  memcpy (copy, bytes, n);
  memmove (data + at + n, data + at + gone, size - at - gone);
  memcpy (data + at, copy, n);
  free (copy);
  return size - gone + n;
}

/* Changes the bytes of a span, which may become longer. */
static size_t
change (fuzz_random *random, uint8_t *data, size_t size, size_t max, fuzz_span span)
{
  const size_t room = span.size + 16 + fuzz_below (random, 48);
  uint8_t *part = malloc (room);
  if (!part)
    abort ();
  memcpy (part, data + span.at, span.size);
  const size_t n = LLVMFuzzerMutate (part, span.size, room);
  size = fuzz_splice (data, size, max, span.at, span.size, part, n);
  free (part);
  return size;
}

/* Sets a little-endian number somewhere in the span, or replaces a decimal number, by one near a limit. */
static size_t
set_number (fuzz_random *random, uint8_t *data, size_t size, size_t max, fuzz_span span)
{
  static const uint64_t numbers[] = { 0,
                                      1,
                                      2,
                                      7,
                                      8,
                                      31,
                                      32,
                                      127,
                                      128,
                                      255,
                                      256,
                                      1 << 15,
                                      65535,
                                      65536,
                                      INT32_MAX,
                                      (uint64_t) 1 << 31,
                                      UINT32_MAX,
                                      (uint64_t) 1 << 32,
                                      (uint64_t) 1 << 40,
                                      INT64_MAX,
                                      (uint64_t) 1 << 63,
                                      UINT64_MAX };
  const uint64_t number =
      numbers[fuzz_below (random, sizeof numbers / sizeof *numbers)] + fuzz_below (random, 3) - 1;
  if (span.size && data[span.at] >= '0' && data[span.at] <= '9')
    {
      char text[24];
      const int n = snprintf (text, sizeof text, "%lld", (long long) number);
      return fuzz_splice (data, size, max, span.at, span.size, text, (size_t) n);
    }
  const size_t width = (size_t) 1 << fuzz_below (random, 4);
  if (span.size >= width)
    memcpy (data + span.at + fuzz_below (random, span.size - width + 1), &number, width);
  return size;
}

size_t
fuzz_mutate_span (fuzz_random *random, const fuzz_spans *spans, uint8_t *data, size_t size, size_t max)
{
  if (spans->n == 0)
    return LLVMFuzzerMutate (data, size, max);
  const fuzz_span a = spans->span[fuzz_below (random, spans->n)],
                  b = spans->span[fuzz_below (random, spans->n)];
  switch (fuzz_below (random, 8))
    {
    case 0:
      return fuzz_splice (data, size, max, a.at, a.size, "", 0);
    case 1: /* repeated */
      return fuzz_splice (data, size, max, a.at + a.size, 0, data + a.at, a.size);
    case 2: /* overwritten */
      return fuzz_splice (data, size, max, a.at, a.size, data + b.at, b.size);
    case 3: /* inserted elsewhere */
      return fuzz_splice (data, size, max, a.at, 0, data + b.at, b.size);
    case 4:
    case 5:
      return set_number (random, data, size, max, a);
    default:
      return change (random, data, size, max, a);
    }
}
