/* tests/fuzz/mutate.c: chooses how an input is changed, by its first bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

size_t
fuzz_below (fuzz_random *random, size_t n)
{
  random->state = random->state * 6364136223846793005u + 1442695040888963407u;
  return n ? (size_t) (random->state >> 33) % n : 0;
}

/* Changes the header of a safetensors file, and its length with it; now and then the length alone. */
static size_t
mutate_safetensors (fuzz_random *random, uint8_t *data, size_t size, size_t max)
{
  uint64_t length = 0;
  memcpy (&length, data, 8);
  if (length > size - 8 || fuzz_below (random, 8) == 0)
    return LLVMFuzzerMutate (data, size, max);
  const size_t before = size, header = (size_t) length;
  static fuzz_spans spans;
  spans.n = 0;
  fuzz_split_json (data + 8, header, &spans);
  for (size_t i = 0; i < spans.n; i++)
    spans.span[i].at += 8;
  size = fuzz_mutate_span (random, &spans, data, size, max);
  length = header + size - before;
  if (fuzz_below (random, 16) != 0)
    memcpy (data, &length, 8);
  return size;
}

static bool
is_text (const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < size && i < 64; i++)
    if (data[i] < ' ' && !strchr ("\t\r\n", data[i]))
      return false;
  return true;
}

/* Changes a part of a file that `split` divides. */
static size_t
mutate_parts (fuzz_random *random, void (*split) (const uint8_t *, size_t, fuzz_spans *), uint8_t *data,
              size_t size, size_t max)
{
  static fuzz_spans spans;
  spans.n = 0;
  split (data, size, &spans);
  return fuzz_mutate_span (random, &spans, data, size, max);
}

/* Changes a file of a format that is known by its beginning. */
static size_t
mutate_known (fuzz_random *random, uint8_t *data, size_t size, size_t max)
{
  if (size > 8 && memcmp (data, "GGUF", 4) == 0)
    return mutate_parts (random, fuzz_split_gguf, data, size, max);
  if (size > 4 && memcmp (data, "PK\3\4", 4) == 0)
    return fuzz_mutate_zip (random, data, size, max);
  if (size > 9 && data[8] == '{' && data[0] != '{')
    return mutate_safetensors (random, data, size, max);
  if (size > 2 && data[0] == 0x80 && data[1] <= 5)
    return mutate_parts (random, fuzz_split_pickle, data, size, max);
  if (size > 1 && (*data == '{' || *data == '['))
    return mutate_parts (random, fuzz_split_json, data, size, max);
  if (size > 1 && is_text (data, size))
    return mutate_parts (random, fuzz_split_lines, data, size, max);
  return LLVMFuzzerMutate (data, size, max);
}

size_t
fuzz_mutate (fuzz_random *random, uint8_t *data, size_t size, size_t max)
{
  if (fuzz_below (random, 6) == 0 || size < 2)
    return LLVMFuzzerMutate (data, size, max);
  /* The first byte of some inputs chooses how the rest is read. */
  if (size > 4 && data[0] < 4 && (data[1] == 0x80 || memcmp (data + 1, "PK", 2) == 0))
    return 1 + mutate_known (random, data + 1, size - 1, max - 1);
  size_t n = mutate_known (random, data, size, max);
  while (fuzz_below (random, 3) == 0)
    n = mutate_known (random, data, n, max);
  return n;
}

/* Changes one of the files in place of itself. */
static void
mutate_file (fuzz_random *random, fuzz_file *file, uint8_t *room, size_t max)
{
  memcpy (room, file->bytes, file->size);
  file->size = strcmp (file->name, "chain") == 0 && fuzz_below (random, 2)
                   ? LLVMFuzzerMutate (room, file->size, max)
                   : fuzz_mutate (random, room, file->size, max);
  file->bytes = room;
}

size_t
fuzz_mutate_tree (fuzz_random *random, uint8_t *data, size_t size, size_t max)
{
  fuzz_file files[FUZZ_MAX_FILES];
  size_t n = fuzz_tree_split (data, size, files);
  if (n == 0 || max < size + 256)
    return LLVMFuzzerMutate (data, size, max);
  uint8_t *room = malloc (max), *joined = malloc (max);
  if (!room || !joined)
    fuzz_broken ("out of memory", NULL);
  const size_t i = fuzz_below (random, n), other = fuzz_below (random, n);
  const size_t how = fuzz_below (random, 40);
  if (how == 0 && n > 1)
    files[i] = files[--n];
  else if (how == 1)
    files[i].bytes = files[other].bytes, files[i].size = files[other].size;
  else if (files[i].size + 16 < max - size)
    mutate_file (random, &files[i], room, files[i].size + (max - size) / 2);
  const size_t total = fuzz_tree_join (files, n, joined, max);
  if (total)
    memcpy (data, joined, total);
  free (room);
  free (joined);
  return total ? total : size;
}
