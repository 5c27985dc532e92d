/* tests/unit/kernel.h: declarations that the kernel suites share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include "core/kernel/cpu.h"
#include "core/kernel/kernel.h"

/* Returns the bytes of an element of a plain type. */
static inline size_t
size_of (uint32_t dtype)
{
  static const size_t sizes[] = { 0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8, 4, 8, 16, 1, 1, 1, 1, 1 };
  return sizes[dtype];
}

/* Makes a program from `from` to `to`, with a factor before it if that is not NULL. */
static inline fci_row_program
program_of (uint32_t from, const float *factor, uint32_t to)
{
  fci_row_program program = { .from = from };
  if (factor)
    program.steps[program.n_steps++] = (fci_step){ .kind = FCI_STEP_SCALE, .factor = *factor };
  program.steps[program.n_steps++] = (fci_step){ .kind = FCI_STEP_ROUND, .dtype = to };
  return program;
}

/* xorshift64: the same numbers in every run. */
static inline uint64_t
random_next (uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Runs it in scratch of exactly the required size. */
void run_program (const fci_row_program *program, const void *in, void *out, size_t n, fci_tally *tally);

#endif
