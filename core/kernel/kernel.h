/* core/kernel/kernel.h: the only code that touches tensor bytes: the types of row programs, and what all kernels are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions: no allocation, no lock, no message, no errno; the same bytes on any CPU. */
#ifndef FCI_KERNEL_KERNEL_H
#define FCI_KERNEL_KERNEL_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* What was found where elements were rounded.  Sums; see FMTCONV_FINDING_INEXACT … */
typedef struct fci_tally
{
  uint64_t inexact;
  uint64_t overflow;
  uint64_t underflow;
  uint64_t nan;
  uint64_t inf;
  uint64_t normal; /* finite results in the normal range of the data type */
} fci_tally;

typedef enum fci_step_kind
{
  FCI_STEP_SCALE,    /* times factor, in f32 */
  FCI_STEP_ADD,      /* plus factor times the next operand, in f32: two roundings */
  FCI_STEP_MULTIPLY, /* times the next operand, in f32 */
  FCI_STEP_DIVIDE,   /* divided by it */
  FCI_STEP_ROUND     /* to `dtype`, as torch's Tensor.to */
} fci_step_kind;

typedef struct fci_step
{
  fci_step_kind kind;
  uint32_t dtype; /* ROUND */
  float factor;   /* SCALE, ADD */
} fci_step;

enum
{
  FCI_MAX_STEPS = 16
};

/* Rounding, in full.  Every floating type but f64 is rounded from f32, as torch does: f64 and whole numbers
 * become f32 first.  E4M3 saturates, infinity too; the FNUZ types and E8M0 make NaN of what is too large;
 * E8M0 drops signs and makes its smallest number of zero.  NaN: f16 and wider keep sign and payload and are
 * quiet; bf16 is 0xffff after f32, f64 or a factor, else 0x7fc0.  A truth value is x != 0.  Whole numbers
 * are cut towards zero; one that does not fit becomes the low bits of another whole number, and what does
 * not fit 32 (or 64) bits the lowest number of that size.  Real to complex: no imaginary part.
 *
 * In tallies inexact compares the value before the step with the stored one, whatever is between them.  A
 * whole number that does not fit is an overflow; NaN or infinity that becomes a number is only inexact; a
 * truth value is at most inexact; every part of a complex number counts. */

/* What becomes of a row of elements: decode `from`, the steps in order, the last of which is a ROUND
 * to the type that is stored. */
typedef struct fci_row_program
{
  uint32_t from;
  unsigned n_steps;
  fci_step steps[FCI_MAX_STEPS];
} fci_row_program;

/* What a step takes along a row of elements: element i has values[(phase + i) / block]; block 0: all have
 * values[0]. */
typedef struct fci_operand
{
  const float *values;
  uint64_t block;
  uint64_t phase;
} fci_operand;

#endif
