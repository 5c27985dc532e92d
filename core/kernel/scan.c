/* core/kernel/scan.c: statistics of values, and differences between two rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/scan.h"
#include <float.h>
#include <math.h>
#include <string.h>

#define F16_LIMIT 65520 /* half a step above the largest f16, 65504: a tie, which rounds to infinity */

typedef struct lanes
{
  uint64_t nan[FCI_LANES];
  uint64_t inf[FCI_LANES];
  uint64_t zero[FCI_LANES];
  uint64_t overflow[FCI_LANES];
  double sum[FCI_LANES];
  double min[FCI_LANES];
  double max[FCI_LANES];
} lanes;

static void
begin_lanes (lanes *l)
{
  memset (l, 0, sizeof *l);
  for (size_t k = 0; k < FCI_LANES; k++)
    {
      l->min[k] = INFINITY;
      l->max[k] = -INFINITY;
    }
}

static double
add_lanes (const double *lane)
{
  double sum = 0;
  for (size_t k = 0; k < FCI_LANES; k++)
    sum += lane[k];
  return sum;
}

static fci_sums
end_lanes (const lanes *l, size_t n)
{
  fci_sums s = { .n = n, .min = INFINITY, .max = -INFINITY, .sum = add_lanes (l->sum) };
  for (size_t k = 0; k < FCI_LANES; k++)
    {
      s.nan += l->nan[k];
      s.inf += l->inf[k];
      s.zero += l->zero[k];
      s.overflow += l->overflow[k];
      s.min = l->min[k] < s.min ? l->min[k] : s.min;
      s.max = l->max[k] > s.max ? l->max[k] : s.max;
    }
  return s;
}

void
fci_sums_join (fci_sums *to, const fci_sums *next)
{
  const int had = to->n > to->nan + to->inf, has = next->n > next->nan + next->inf;
  to->min = !had || (has && next->min < to->min) ? next->min : to->min;
  to->max = !had || (has && next->max > to->max) ? next->max : to->max;
  to->n += next->n;
  to->nan += next->nan;
  to->inf += next->inf;
  to->zero += next->zero;
  to->overflow += next->overflow;
  to->sum += next->sum;
}

void
fci_gap_join (fci_gap *to, const fci_gap *next)
{
  to->first = to->differ ? to->first : next->first;
  to->n += next->n;
  to->differ += next->differ;
  to->beyond += next->beyond;
  to->largest = next->largest > to->largest ? next->largest : to->largest;
  to->error += next->error;
  to->signal += next->signal;
}

#define REAL float
#define LARGEST FLT_MAX
#define NAME(x) x##_f32
#include "core/kernel/scan_body.h"
#undef REAL
#undef LARGEST
#undef NAME

#define REAL double
#define LARGEST DBL_MAX
#define NAME(x) x##_f64
#include "core/kernel/scan_body.h"

/* Adds a pair of integers that differ by `size` = |a - b|. */
static void
add_whole (fci_gap *gap, size_t lane, double *error, double *signal, double a, uint64_t size, uint64_t at)
{
  const double d = (double) size;
  error[lane] += d * d;
  signal[lane] += a * a;
  gap->largest = d > gap->largest ? d : gap->largest;
  gap->first = gap->differ || !size ? gap->first : at;
  gap->differ += size != 0;
}

void
fci_gap_i64 (fci_gap *gap, const int64_t *a, const int64_t *b, size_t n, uint64_t at)
{
  double error[FCI_LANES] = { 0 }, signal[FCI_LANES] = { 0 };
  fci_gap part = { .n = n };
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t x = (uint64_t) a[i], y = (uint64_t) b[i];
      add_whole (&part, i % FCI_LANES, error, signal, (double) a[i], a[i] > b[i] ? x - y : y - x, at + i);
    }
  part.error = add_lanes (error);
  part.signal = add_lanes (signal);
  fci_gap_join (gap, &part);
}

void
fci_gap_u64 (fci_gap *gap, const uint64_t *a, const uint64_t *b, size_t n, uint64_t at)
{
  double error[FCI_LANES] = { 0 }, signal[FCI_LANES] = { 0 };
  fci_gap part = { .n = n };
  for (size_t i = 0; i < n; i++)
    add_whole (&part, i % FCI_LANES, error, signal, (double) a[i], a[i] > b[i] ? a[i] - b[i] : b[i] - a[i],
               at + i);
  part.error = add_lanes (error);
  part.signal = add_lanes (signal);
  fci_gap_join (gap, &part);
}
