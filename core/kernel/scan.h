/* core/kernel/scan.h: statistics of values, and differences between two rows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions.  Sums are made in eight lanes of doubles in a fixed order, so that they do not depend on the
 * processor; blocks joined in order give the same result for any number of threads. */
#ifndef FCI_KERNEL_SCAN_H
#define FCI_KERNEL_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_LANES = 8
};

/* Statistics of finite values, except nan and inf.  Starts as zeros. */
typedef struct fci_sums
{
  uint64_t n; /* all values */
  uint64_t nan;
  uint64_t inf;
  uint64_t zero;
  uint64_t overflow; /* finite values that f16 rounds to infinity: 65520 or more */
  double min;        /* valid if a value is finite: n > nan + inf */
  double max;
  double sum;
} fci_sums;

/* Differences between values of a and b.  Two NaNs are equal, as are infinities of one sign, and +0 and -0.
 * */
typedef struct fci_gap
{
  uint64_t n;
  uint64_t differ;
  uint64_t first;  /* index of the first that differs; differ > 0 */
  uint64_t beyond; /* pairs that differ and are not both finite */
  double largest;  /* |a - b| of finite pairs */
  double error;    /* Σ (a - b)² of finite pairs */
  double signal;   /* Σ a² of finite pairs */
} fci_gap;

/* Add n values to the statistics. */
void fci_sums_f32 (fci_sums *sums, const float *values, size_t n);
void fci_sums_f64 (fci_sums *sums, const double *values, size_t n);

/* Adds the statistics of the following values. */
void fci_sums_join (fci_sums *to, const fci_sums *next);

/* Add n pairs to the differences; at: index of the first pair.  Integers are compared exactly; the figures
 * are doubles. */
void fci_gap_f32 (fci_gap *gap, const float *a, const float *b, size_t n, uint64_t at);
void fci_gap_f64 (fci_gap *gap, const double *a, const double *b, size_t n, uint64_t at);
void fci_gap_i64 (fci_gap *gap, const int64_t *a, const int64_t *b, size_t n, uint64_t at);
void fci_gap_u64 (fci_gap *gap, const uint64_t *a, const uint64_t *b, size_t n, uint64_t at);
/* Adds the differences of the following pairs. */
void fci_gap_join (fci_gap *to, const fci_gap *next);

#endif
