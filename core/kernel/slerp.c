/* core/kernel/slerp.c: sums over two rows, and the weights of a spherical interpolation.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The C library's sin and acos differ between processors in the last bit.  These use only operations that
 * IEEE 754 defines exactly, so that the same input gives the same bytes everywhere. */
#include "config.h"

#include "core/kernel/slerp.h"
#include <math.h>

static const double parallel = 0.9995, least_norm = 1e-8;

void
fci_dot_add (fci_dot *dot, const float *a, const float *b, size_t n)
{
  size_t i = 0;
  for (; i + FCI_DOT_LANES <= n; i += FCI_DOT_LANES)
    for (size_t k = 0; k < FCI_DOT_LANES; k++)
      {
        const double x = a[i + k], y = b[i + k];
        dot->aa[k] += x * x;
        dot->ab[k] += x * y;
        dot->bb[k] += y * y;
      }
  for (size_t k = 0; i + k < n; k++)
    {
      const double x = a[i + k], y = b[i + k];
      dot->aa[k] += x * x;
      dot->ab[k] += x * y;
      dot->bb[k] += y * y;
    }
}

fci_dot_sums
fci_dot_total (const fci_dot *dot)
{
  fci_dot_sums sums = { 0, 0, 0 };
  for (size_t k = 0; k < FCI_DOT_LANES; k++)
    {
      sums.aa += dot->aa[k];
      sums.ab += dot->ab[k];
      sums.bb += dot->bb[k];
    }
  return sums;
}

static const double half_turn = 3.14159265358979323846, quarter_turn = 1.57079632679489661923;

/* Returns sin x for 0 <= x <= pi, by its series. */
static double
sine (double x)
{
  x = x > quarter_turn ? half_turn - x : x;
  double sum = 0, term = x;
  for (int k = 1; k < 24; k += 2)
    {
      sum += term;
      term *= -x * x / ((k + 1) * (k + 2));
    }
  return sum;
}

/* Returns the angle with that cosine, for |cosine| <= 0.9995: Newton's method on cos, from a lower bound. */
static double
angle (double cosine)
{
  const double wanted = fabs (cosine);
  double x = sqrt (2 * (1 - wanted));
  for (int i = 0; i < 6; i++)
    x += (sine (quarter_turn - x) - wanted) / sine (x);
  return cosine < 0 ? half_turn - x : x;
}

static double
norm (double square)
{
  const double root = sqrt (square);
  return root > least_norm ? root : 1;
}

void
fci_slerp_weights (const fci_dot_sums *sums, double fraction, float weights[2])
{
  const double cosine = sums->ab / (norm (sums->aa) * norm (sums->bb));
  double from = 1 - fraction, to = fraction;
  if (cosine <= parallel && cosine >= -parallel)
    {
      const double whole = angle (cosine), scale = sine (whole);
      from = sine (from * whole) / scale;
      to = sine (to * whole) / scale;
    }
  weights[0] = (float) from;
  weights[1] = (float) to;
}
