/* core/kernel/slerp.h: sums over two rows, and the weights of a spherical interpolation.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_SLERP_H
#define FCI_KERNEL_SLERP_H

#include <stdbool.h>
#include <stddef.h>

enum
{
  FCI_DOT_LANES = 8,
  FCI_DOT_BLOCK = 1 << 18 /* elements that one worker sums */
};

/* Partial sums of a·a, a·b and b·b in f64.  Element i of a range is added to lane i % FCI_DOT_LANES, so
 * that the sums do not depend on the processor. */
typedef struct fci_dot
{
  double aa[FCI_DOT_LANES];
  double ab[FCI_DOT_LANES];
  double bb[FCI_DOT_LANES];
} fci_dot;

/* The sums themselves. */
typedef struct fci_dot_sums
{
  double aa;
  double ab;
  double bb;
} fci_dot_sums;

/* Adds n more elements of a range.  n is a multiple of FCI_DOT_LANES except for the last elements. */
void fci_dot_add (fci_dot *dot, const float *a, const float *b, size_t n);

/* Returns the sums over all lanes, in a fixed order.  They are finite if all elements are. */
fci_dot_sums fci_dot_total (const fci_dot *dot);

/* Computes the weights of a and b at `fraction` of the way from a to b along a great circle.  Vectors that
 * are almost parallel (the cosine is above 0.9995 or below -0.9995) have the weights 1 - fraction and
 * fraction; a vector with a norm of at most 1e-8 is not normalized.  Both as in mergekit. */
void fci_slerp_weights (const fci_dot_sums *sums, double fraction, float weights[2]);

#endif
