/* core/kernel/kernel.h: the types of row programs, and the rules for all kernels, the only code that touches tensor bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions: no allocation, no lock, no message, no errno; the same bytes on any CPU. */
#ifndef FCI_KERNEL_KERNEL_H
#define FCI_KERNEL_KERNEL_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Counts of the effects of rounding; see FMTCONV_FINDING_INEXACT … */
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
  FCI_STEP_SCALE,      /* times factor, in f32 */
  FCI_STEP_ADD_SCALAR, /* plus factor, in f32 */
  FCI_STEP_ADD,        /* plus factor times the next operand, in f32: two roundings */
  FCI_STEP_MULTIPLY,   /* times the next operand, in f32 */
  FCI_STEP_DIVIDE,     /* divided by the next operand, in f32 */
  FCI_STEP_ROUND       /* to `dtype`, as torch's Tensor.to */
} fci_step_kind;

/* Returns whether the step takes an operand for each element. */
static inline bool
fci_step_has_operand (fci_step_kind kind)
{
  return kind == FCI_STEP_ADD || kind == FCI_STEP_MULTIPLY || kind == FCI_STEP_DIVIDE;
}

typedef struct fci_step
{
  fci_step_kind kind;
  uint32_t dtype; /* ROUND */
  float factor;   /* SCALE, ADD_SCALAR, ADD */
} fci_step;

enum
{
  FCI_MAX_STEPS = 16
};

/* The rules of rounding.  Every floating-point type except f64 is rounded from f32, as torch does: f64 and integers are
 * converted to f32 first.  E4M3 saturates, also for infinity; the FNUZ types and E8M0 store NaN for values that are too
 * large; E8M0 drops signs and stores its smallest number for zero.  NaN: f16 and wider keep sign and payload and are quiet;
 * bf16 is 0xffff after f32, f64 or a factor, else 0x7fc0.  A boolean is x != 0.  Integers are truncated towards zero; an
 * integer that does not fit keeps its low bits, and a float that does not fit 32 (or 64) bits gives the lowest integer of
 * that size.  Real to complex: the imaginary part is 0.
 *
 * In tallies, inexact compares the value before the step with the stored value.  An integer that does not fit is an
 * overflow; NaN or infinity that becomes a number is only inexact; a boolean is at most inexact; each part of a complex
 * number counts. */

/* A program for a row of elements: decode from `from`, then the steps in order; the last is a ROUND to the
 * stored type. */
typedef struct fci_row_program
{
  uint32_t from;
  unsigned n_steps;
  fci_step steps[FCI_MAX_STEPS];
} fci_row_program;

/* The operand of a step along a row: element i uses values[(phase + i) / block]; block 0: all elements use
 * values[0]. */
typedef struct fci_operand
{
  const float *values;
  uint64_t block;
  uint64_t phase;
} fci_operand;

#endif
