/* tests/fuzz/split-gguf.c: splits a GGUF file into its head, keys, tensors and their fields.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: docs/gguf.md of ggml.  A removed or repeated key or tensor is counted in the head by the next change of it. */
#include "tests/fuzz/mutate.h"
#include <string.h>

typedef struct reader
{
  const uint8_t *data;
  size_t size;
  size_t at;
} reader;

/* Reads a number of `width` bytes; at the end, 0. */
static uint64_t
take (reader *r, unsigned width)
{
  uint64_t n = 0;
  if (r->size - r->at < width)
    r->at = r->size;
  else
    {
      memcpy (&n, r->data + r->at, width);
      r->at += width;
    }
  return n;
}

static void
skip (reader *r, uint64_t n)
{
  r->at = n < r->size - r->at ? r->at + (size_t) n : r->size;
}

/* Skips a value of that type. */
static void
skip_value (reader *r, uint64_t type)
{
  static const uint8_t widths[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
  if (type == 8)
    skip (r, take (r, 8));
  else if (type == 9)
    {
      type = take (r, 4);
      for (uint64_t n = take (r, 8); n && r->at < r->size && type != 9; n--)
        skip_value (r, type);
    }
  else if (type < sizeof widths)
    skip (r, widths[type]);
}

/* Adds what was read since `begin`. */
static void
add (const reader *r, fuzz_spans *spans, size_t begin)
{
  fuzz_add_span (spans, begin, r->at - begin);
}

static void
take_key (reader *r, fuzz_spans *spans)
{
  const size_t begin = r->at;
  skip (r, take (r, 8));
  add (r, spans, begin);
  const size_t type = r->at;
  const uint64_t kind = take (r, 4);
  add (r, spans, type);
  skip_value (r, kind);
  add (r, spans, type);
  add (r, spans, begin);
}

static void
take_tensor (reader *r, fuzz_spans *spans)
{
  const size_t begin = r->at;
  skip (r, take (r, 8));
  add (r, spans, begin);
  const size_t shape = r->at;
  for (uint64_t rank = take (r, 4); rank && r->at < r->size; rank--)
    skip (r, 8);
  add (r, spans, shape);
  const size_t type = r->at;
  skip (r, 4);
  add (r, spans, type);
  skip (r, 8);
  add (r, spans, r->at - 8);
  add (r, spans, begin);
}

void
fuzz_split_gguf (const uint8_t *data, size_t size, fuzz_spans *spans)
{
  reader r = { data, size, 8 };
  fuzz_add_span (spans, 4, 4);
  uint64_t tensors = take (&r, 8), keys = take (&r, 8);
  add (&r, spans, 8);
  for (; keys && r.at < size; keys--)
    take_key (&r, spans);
  for (; tensors && r.at < size; tensors--)
    take_tensor (&r, spans);
  add (&r, spans, r.at);
  r.at = size;
}
