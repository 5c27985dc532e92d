/* core/kernel/kernel.h: the only code that touches tensor bytes: row programs, gather, digests.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions: no allocation, no lock, no message, no errno; the same bytes on any CPU. */
#ifndef FCI_KERNEL_H
#define FCI_KERNEL_H

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

/* Can every step be done?  NULL: yes; else why not, for people ("complex numbers cannot become real"). */
const char *fci_row_refusal (const fci_row_program *program);

/* Bytes of scratch that fci_row_run needs, whatever n is. */
size_t fci_row_scratch (const fci_row_program *program);

/* n elements from `in` (dense) to `out` (dense); they may not overlap.  tally: one per ROUND step, in
 * order, added to; NULL: nothing is counted.  operands: one for each step that takes one, in
 * order; of an ADD, with a block of 1. */
void fci_row_run (const fci_row_program *program, const void *in, void *out, size_t n, void *scratch,
                  const fci_operand *operands, fci_tally *tally);

/* values[i] becomes values[i] + product[i] · factor, both roundings to f32.  NaN: that of the value, made
 * quiet, else the NaN of x86. */
void fci_row_add (float *values, const float *product, float factor, size_t n);

/* values[i] becomes values[i] · factors[i], or values[i] / factors[i], in f32.  NaN: that of the factor, made
 * quiet, else that of the value, else the NaN of x86; of a quotient that of the value first. */
void fci_row_multiply (float *values, const float *factors, size_t n);
void fci_row_divide (float *values, const float *factors, size_t n);

/* ---- Products of low rank, in f32: sums over the rank in ascending order from 0 on, every product rounded
 * before it is added; but for the bits of NaNs, the same bytes on any CPU. */
enum
{
  FCI_PRODUCT_ROWS = 12,   /* the left factor and the result have room for a multiple of so many rows … */
  FCI_PRODUCT_COLUMNS = 32 /* … and the result's rows, and the right factor, for one of so many columns */
};

/* Rows k … k+n-1 of the right factor of `rank` rows in panels, from the dense rows at `a`. */
void fci_product_pack (float *panels, const float *a, size_t columns, size_t rank, size_t k, size_t n);

/* rows × columns of b · a, a in panels: floats out[i · out_row + j] from b[i · b_row + k].  more: added to what
 * `out` holds. */
void fci_product_run (float *out, size_t out_row, const float *b, size_t b_row, const float *panels,
                      size_t rank, size_t rows, size_t columns, bool more);

/* Dense row-major `out` from strided `in`: element i is at in + Σ i·stride bytes; item: bytes of an
 * element (1, 2, 4, 8 or 16).  Blocked, so that a transpose does not thrash. */
void fci_gather (void *out, const void *in, unsigned rank, const uint64_t *extent, const int64_t *stride,
                 size_t item);

/* The bytes of every number of `size` bytes in opposite order, in place; size: 1, 2, 4 or 8. */
void fci_swap (void *numbers, size_t bytes, unsigned size);

/* CRC-32 as in zip (zlib's), of n bytes appended to what gave `crc` (0 at first); and of A then B from
 * both CRCs and B's length. */
uint32_t fci_crc32 (uint32_t crc, const void *bytes, size_t n);
uint32_t fci_crc32_combine (uint32_t a, uint32_t b, uint64_t b_len);

/* Element of a dtype as a double, for tests and statistics; complex: the real part. */
double fci_element (uint32_t dtype, const void *at);

#endif
