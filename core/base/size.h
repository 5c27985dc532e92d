/* core/base/size.h: checked size arithmetic, for every size that comes from a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SIZE_H
#define FCI_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns whether a op b fits, and sets *r to it; otherwise *r is unspecified. */
static inline bool
fci_size_add (uint64_t a, uint64_t b, uint64_t *r)
{
  return !__builtin_add_overflow (a, b, r);
}

static inline bool
fci_size_mul (uint64_t a, uint64_t b, uint64_t *r)
{
  return !__builtin_mul_overflow (a, b, r);
}

/* Returns n as a count for an allocation; SIZE_MAX, which no allocation can have, if a 32-bit machine lacks the addresses. */
static inline size_t
fci_size_memory (uint64_t n)
{
  return n < SIZE_MAX ? (size_t) n : SIZE_MAX;
}

/* Returns whether [start, start + size) is inside [0, end). */
static inline bool
fci_size_within (uint64_t start, uint64_t size, uint64_t end)
{
  return start <= end && size <= end - start;
}

/* Rounds v up to a multiple of the power of two `align`. Returns false on overflow. */
static inline bool
fci_size_round_up (uint64_t v, uint64_t align, uint64_t *r)
{
  if (!fci_size_add (v, align - 1, r))
    return false;
  *r &= ~(align - 1);
  return true;
}

#endif
