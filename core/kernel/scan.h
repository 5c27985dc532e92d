/* core/kernel/scan.h: what can be told of many values: their statistics, how two rows of them differ.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions.  Sums are made in eight lanes of doubles, always the same way, so that they do not depend on
 * the processor; blocks joined in order give the same for any number of threads. */
#ifndef FCI_KERNEL_SCAN_H
#define FCI_KERNEL_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_LANES = 8
};

/* Of finite values, but for nan and inf.  Begins as zeroes. */
typedef struct fci_sums
{
  uint64_t n; /* values, all of them */
  uint64_t nan;
  uint64_t inf;
  uint64_t zero;
  uint64_t overflow; /* finite, and infinite once rounded to f16: 65520 or more */
  double min;        /* where there is a finite value: n > nan + inf */
  double max;
  double sum;
} fci_sums;

/* How values of b differ from those of a.  Two NaNs are equal, two infinities of one sign are, +0 and -0 are. */
typedef struct fci_gap
{
  uint64_t n;
  uint64_t differ;
  uint64_t first;  /* place of the first that differs; differ > 0 */
  uint64_t beyond; /* of those, pairs that are not both finite */
  double largest;  /* |a - b| of finite pairs */
  double error;    /* Σ (a - b)² of finite pairs */
  double signal;   /* Σ a² of them */
} fci_gap;

void fci_sums_f32 (fci_sums *sums, const float *values, size_t n);
void fci_sums_f64 (fci_sums *sums, const double *values, size_t n);
void fci_sums_join (fci_sums *to, const fci_sums *next);

/* at: place of the first value. */
void fci_gap_f32 (fci_gap *gap, const float *a, const float *b, size_t n, uint64_t at);
void fci_gap_f64 (fci_gap *gap, const double *a, const double *b, size_t n, uint64_t at);
/* Whole numbers are compared exactly, which doubles would not do beyond 2^53; the figures are doubles. */
void fci_gap_i64 (fci_gap *gap, const int64_t *a, const int64_t *b, size_t n, uint64_t at);
void fci_gap_u64 (fci_gap *gap, const uint64_t *a, const uint64_t *b, size_t n, uint64_t at);
void fci_gap_join (fci_gap *to, const fci_gap *next);

#endif
