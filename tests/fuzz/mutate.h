/* tests/fuzz/mutate.h: changes of inputs that know what the parts of a file are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is split into its parts: opcodes of a pickle, values of a JSON text, lines of a YAML file, keys and tensors of
 * a GGUF file, members of an archive.  One part is then removed, repeated, exchanged, overwritten or changed. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum
{
  FUZZ_MAX_SPANS = 1 << 14
};

typedef struct fuzz_random
{
  uint64_t state;
} fuzz_random;

/* Returns a number below `n`; 0 for n 0. */
size_t fuzz_below (fuzz_random *random, size_t n);

/* A part of a file. */
typedef struct fuzz_span
{
  size_t at;
  size_t size;
} fuzz_span;

typedef struct fuzz_spans
{
  fuzz_span span[FUZZ_MAX_SPANS];
  size_t n;
} fuzz_spans;

void fuzz_add_span (fuzz_spans *spans, size_t at, size_t size);

/* Split a file of one format.  A file that ends early gives the parts up to there. */
void fuzz_split_gguf (const uint8_t *data, size_t size, fuzz_spans *spans);
void fuzz_split_json (const uint8_t *data, size_t size, fuzz_spans *spans);
void fuzz_split_lines (const uint8_t *data, size_t size, fuzz_spans *spans);
void fuzz_split_pickle (const uint8_t *data, size_t size, fuzz_spans *spans);

/* Changes one of the parts.  The data has room for `max` bytes.  Returns the new size. */
size_t fuzz_mutate_span (fuzz_random *random, const fuzz_spans *spans, uint8_t *data, size_t size,
                         size_t max);

/* Replaces `gone` bytes at `at` by n others, if there is room.  Returns the new size. */
size_t fuzz_splice (uint8_t *data, size_t size, size_t max, size_t at, size_t gone, const void *bytes,
                    size_t n);

/* Change a file of the format that its first bytes show; an archive; and an input of several files. */
size_t fuzz_mutate (fuzz_random *random, uint8_t *data, size_t size, size_t max);
size_t fuzz_mutate_zip (fuzz_random *random, uint8_t *data, size_t size, size_t max);
size_t fuzz_mutate_tree (fuzz_random *random, uint8_t *data, size_t size, size_t max);

/* Changes bytes without knowledge; libFuzzer has it. */
size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t max);

#endif
