/* core/kernel/scan_body.h: the loops of scan.c for one type of values, REAL; NAME (x) names its functions.
 * SPDX-License-Identifier: Apache-2.0 */

/* Adds values to the lanes; only finite values change sums. */
static void
NAME (sums_lanes) (lanes *l, const REAL *values, size_t n)
{
  for (size_t i = 0; i + FCI_LANES <= n; i += FCI_LANES)
    for (size_t k = 0; k < FCI_LANES; k++)
      {
        const REAL x = values[i + k], size = x < 0 ? -x : x;
        const int is_nan = x != x, is_finite = size <= LARGEST;
        l->nan[k] += (uint64_t) is_nan;
        l->inf[k] += (uint64_t) (!is_finite & !is_nan);
        l->zero[k] += (uint64_t) (x == 0);
        l->overflow[k] += (uint64_t) (is_finite & (size >= F16_LIMIT));
        l->sum[k] += is_finite ? (double) x : 0;
        l->min[k] = (is_finite & ((double) x < l->min[k])) ? (double) x : l->min[k];
        l->max[k] = (is_finite & ((double) x > l->max[k])) ? (double) x : l->max[k];
      }
}

void
NAME (fci_sums) (fci_sums *sums, const REAL *values, size_t n)
{
  lanes l;
  REAL rest[FCI_LANES];
  begin_lanes (&l);
  NAME (sums_lanes) (&l, values, n);
  for (size_t i = n / FCI_LANES * FCI_LANES; i < n; i++)
    {
      /* the other lanes are NaN, which counts only in `nan` and is subtracted below */
      for (size_t k = 0; k < FCI_LANES; k++)
        rest[k] = k == i % FCI_LANES ? values[i] : (REAL) NAN;
      NAME (sums_lanes) (&l, rest, FCI_LANES);
    }
  fci_sums part = end_lanes (&l, n);
  part.nan -= n % FCI_LANES * (FCI_LANES - 1);
  fci_sums_join (sums, &part);
}

static void
NAME (gap_one) (fci_gap *gap, size_t lane, double *error, double *signal, REAL a, REAL b, uint64_t at)
{
  const int both = (a < 0 ? -a : a) <= LARGEST && (b < 0 ? -b : b) <= LARGEST;
  if (both)
    {
      const double d = (double) a - (double) b, size = d < 0 ? -d : d;
      error[lane] += d * d;
      signal[lane] += (double) a * (double) a;
      gap->largest = size > gap->largest ? size : gap->largest;
    }
  if (a == b || (a != a && b != b))
    return;
  gap->first = gap->differ ? gap->first : at;
  gap->differ++;
  gap->beyond += !both;
}

void
NAME (fci_gap) (fci_gap *gap, const REAL *a, const REAL *b, size_t n, uint64_t at)
{
  double error[FCI_LANES] = { 0 }, signal[FCI_LANES] = { 0 };
  fci_gap part = { .n = n };
  for (size_t i = 0; i < n; i++)
    NAME (gap_one) (&part, i % FCI_LANES, error, signal, a[i], b[i], at + i);
  part.error = add_lanes (error);
  part.signal = add_lanes (signal);
  fci_gap_join (gap, &part);
}
