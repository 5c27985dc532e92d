/* core/kernel/quant/search_scale.h: the search for a scale alone: x is about scale · code, codes -top … top - 1.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * Operations have the order of ggml, and so the same roundings.  A sub-block is dead if no |x| reaches 1e-15; in others
 * inverse · x is at most top + 1, so the short rounding is always right. */

typedef struct symmetric
{
  unsigned n; /* elements of a sub-block */
  int top;
  bool given; /* weights are given, else they are x² */
} symmetric;

/* Returns the number with the largest magnitude in each lane, the first of equals; *how_far: its magnitude.
 * */
INLINE lanes
farthest (const columns *c, unsigned n, lanes *how_far)
{
  lanes largest = splat (0), number = splat (0);
  for (unsigned i = 0; i < n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes far = abs_of (x);
      number = blend (lt_of (largest, far), x, number);
      largest = max_of (far, largest);
    }
  *how_far = largest;
  return number;
}

/* Sets the weights, and `work` to weight · x. */
INLINE void
weigh_symmetric (columns *c, const symmetric *mode)
{
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes w = mode->given ? load (c->weight[i]) : multiply (x, x);
      store (c->weight[i], w);
      store (c->work[i], multiply (w, x));
    }
}

INLINE void
symmetric_sums (const columns *c, const symmetric *mode, lanes inverse, lanes *lx, lanes *l2)
{
  *lx = *l2 = splat (0);
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes l = code (multiply (inverse, load (c->x[i])), -mode->top, mode->top - 1, false);
      *lx = add (*lx, multiply (load (c->work[i]), l));
      *l2 = add (*l2, multiply (multiply (load (c->weight[i]), l), l));
    }
}

INLINE void
search_symmetric (columns *c, const symmetric *mode, fits *out, unsigned at)
{
  lanes far, lx, l2;
  const lanes largest = farthest (c, mode->n, &far);
  const masks live = andnot_of (lt_of (splat (0), far), lt_of (far, splat (1e-15f)));
  lanes scale = splat (0), inverse = splat (0);
  if (any (live))
    {
      weigh_symmetric (c, mode);
      inverse = divide (splat ((float) -mode->top), largest);
      symmetric_sums (c, mode, inverse, &lx, &l2);
      scale = blend (lt_of (abs_of (l2), splat (1e-45f)), splat (0), divide (lx, l2));
      lanes best = multiply (scale, lx);
      for (int k = -9; k <= 9; k++)
        {
          if (k == 0)
            continue;
          const lanes candidate = divide (splat (-((float) mode->top + 0.1f * (float) k)), largest);
          symmetric_sums (c, mode, candidate, &lx, &l2);
          const masks fits_better = lt_of (multiply (best, l2), multiply (lx, lx));
          const masks better = and_of (lt_of (splat (0), l2), fits_better);
          const lanes fitted = divide (lx, l2);
          scale = blend (better, fitted, scale);
          best = blend (better, multiply (fitted, lx), best);
          inverse = blend (better, candidate, inverse);
        }
    }
  store (out->scale + at, blend (live, scale, splat (0)));
  store (out->inverse + at, blend (live, inverse, splat (0)));
}

INLINE void
fit_symmetric (const float *x, const float *weights, unsigned m, const symmetric *mode, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      transpose (x + s * mode->n, mode->n, c.x);
      if (mode->given)
        transpose (weights + s * mode->n, mode->n, c.weight);
      search_symmetric (&c, mode, out, s);
    }
}

/* Computes the codes plus `top`; all 0 in a dead sub-block. */
INLINE void
symmetric_codes (const float *x, const symmetric *mode, float inverse, uint8_t *codes)
{
  if (inverse == 0)
    memset (codes, 0, mode->n);
  else
    search_codes (x, mode->n, 0, inverse, -mode->top, mode->top - 1, mode->top, codes);
}
