/* core/kernel/quant/importance.c: codes, scales and minima for elements with importance weights.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * Operations have the order of ggml, and so the same roundings. */
#include "config.h"

#include "core/kernel/quant/superblock.h"
#include <math.h>

static int
at_most (int value, int top)
{
  return value < top ? value : top;
}

/* Returns Σ weight · (x - scale · code)²; top 0: codes are truncated to a byte, not clamped. */
static float
error_of (unsigned n, const float *x, const float *weight, float inverse, int top)
{
  const float scale = 1 / inverse;
  float sum = 0;
  for (unsigned i = 0; i < n; i++)
    {
      const int near = fci_round_even (inverse * x[i]);
      const float gap = x[i] - scale * (float) (top ? at_most (near, top) : (uint8_t) near);
      sum += weight[i] * gap * gap;
    }
  return sum;
}

/* Returns the best of nine inverse scales. */
static float
best_inverse (unsigned n, int top, const float *x, const float *weight, float largest)
{
  float inverse = (float) top / largest;
  float best = error_of (n, x, weight, inverse, 0);
  for (int k = -4; k <= 4; k++)
    {
      const float candidate = (0.1f * (float) k + (float) top) / largest;
      const float error = k ? error_of (n, x, weight, candidate, top) : best;
      if (error < best)
        {
          best = error;
          inverse = candidate;
        }
    }
  return inverse;
}

/* Moves single codes if that improves the fit.  Returns how many moved. */
static unsigned
move_codes (unsigned n, int top, const float *x, const float *weight, uint8_t *codes, float sums[2])
{
  unsigned moved = 0;
  for (unsigned i = 0; i < n; i++)
    {
      const float w = weight[i];
      float lx = sums[0] - w * x[i] * (float) codes[i];
      float l2 = sums[1] - w * (float) codes[i] * (float) codes[i];
      const int l = lx > 0 && l2 > 0 ? at_most (fci_round_even (x[i] * l2 / lx), top) : codes[i];
      if (l == codes[i])
        continue;
      lx += w * x[i] * (float) l;
      l2 += w * (float) l * (float) l;
      if (!(lx * lx * sums[1] > sums[0] * sums[0] * l2))
        continue;
      codes[i] = (uint8_t) l;
      sums[0] = lx;
      sums[1] = l2;
      moved++;
    }
  return moved;
}

float
fci_fit_positive (unsigned n, int top, const float *x, const float *weight, uint8_t *codes)
{
  float largest = 0, sums[2] = { 0, 0 };
  for (unsigned i = 0; i < n; i++)
    largest = largest > x[i] ? largest : x[i];
  memset (codes, 0, n);
  if (largest < 1e-15f)
    return 0;
  const float inverse = best_inverse (n, top, x, weight, largest);
  for (unsigned i = 0; i < n; i++)
    {
      const int l = at_most (fci_round_even (inverse * x[i]), top);
      codes[i] = (uint8_t) l;
      sums[0] += weight[i] * x[i] * (float) l;
      sums[1] += weight[i] * (float) l * (float) l;
    }
  for (unsigned pass = 0; pass < 5; pass++)
    if (!move_codes (n, top, x, weight, codes, sums))
      break;
  return sums[1] > 0 ? sums[0] / sums[1] : 0;
}

/* Computes both sums of the fit with an inverse scale: Σ weight · x · code, Σ weight · code². */
static void
signed_sums (unsigned n, int top, const float *x, const float *weight, float inverse, uint8_t *codes,
             float sums[2])
{
  sums[0] = sums[1] = 0;
  for (unsigned i = 0; i < n; i++)
    {
      const int near = fci_round_even (inverse * x[i]);
      const int l = near < -top ? -top : at_most (near, top - 1);
      codes[i] = (uint8_t) (l + top);
      sums[0] += weight[i] * x[i] * (float) l;
      sums[1] += weight[i] * (float) l * (float) l;
    }
}

float
fci_fit_signed (unsigned n, int top, const float *x, const float *weight, uint8_t *codes)
{
  float size = 0, largest = 0, sums[2];
  uint8_t tried[16];
  for (unsigned i = 0; i < n; i++)
    if (fabsf (x[i]) > size)
      {
        size = fabsf (x[i]);
        largest = x[i];
      }
  memset (codes, 0, n);
  if (size < 1e-15f)
    return 0;
  signed_sums (n, top, x, weight, (float) -top / largest, codes, sums);
  float scale = sums[1] != 0 ? sums[0] / sums[1] : 0;
  float best = scale * sums[0];
  for (int k = -9; k <= 9; k++)
    {
      if (k == 0)
        continue;
      signed_sums (n, top, x, weight, -((float) top + 0.1f * (float) k) / largest, tried, sums);
      if (!(sums[1] > 0 && sums[0] * sums[0] > best * sums[1]))
        continue;
      memcpy (codes, tried, n);
      scale = sums[0] / sums[1];
      best = scale * sums[0];
    }
  return scale;
}

float
fci_square_sum (const float *x, size_t n)
{
  float sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += x[i] * x[i];
  return sum;
}
