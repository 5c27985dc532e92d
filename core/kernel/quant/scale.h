/* core/kernel/quant/scale.h: the search for a scale alone: x is about scale · code, codes -top … top - 1.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order of every operation is ggml's, so that every rounding is.  Sub-blocks in which no |x| reaches
 * 1e-15 are dead; in others inverse · x is at most top + 1, so the short rounding is always right. */

typedef struct symmetric
{
  unsigned n; /* elements of a sub-block */
  int top;
  bool given; /* weights are given, else they are x² */
} symmetric;

/* The number of the largest size in every lane, the first of equals; its size. */
INLINE lanes
farthest (const columns *c, unsigned n, lanes *how_far)
{
  lanes most = all (0), number = all (0);
  for (unsigned i = 0; i < n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes far = size (x);
      number = choose (below (most, far), x, number);
      most = greater (far, most);
    }
  *how_far = most;
  return number;
}

/* Leaves weight · x in `work`. */
INLINE void
weigh_symmetric (columns *c, const symmetric *how)
{
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes w = how->given ? load (c->weight[i]) : multiply (x, x);
      store (c->weight[i], w);
      store (c->work[i], multiply (w, x));
    }
}

INLINE void
symmetric_sums (const columns *c, const symmetric *how, lanes inverse, lanes *lx, lanes *l2)
{
  *lx = *l2 = all (0);
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes l = code (multiply (inverse, load (c->x[i])), -how->top, how->top - 1, false);
      *lx = add (*lx, multiply (load (c->work[i]), l));
      *l2 = add (*l2, multiply (multiply (load (c->weight[i]), l), l));
    }
}

INLINE void
search_symmetric (columns *c, const symmetric *how, fits *out, unsigned at)
{
  lanes far, lx, l2;
  const lanes most = farthest (c, how->n, &far);
  const masks live = except (below (all (0), far), below (far, all (1e-15f)));
  lanes scale = all (0), inverse = all (0);
  if (any (live))
    {
      weigh_symmetric (c, how);
      inverse = divide (all ((float) -how->top), most);
      symmetric_sums (c, how, inverse, &lx, &l2);
      scale = choose (below (size (l2), all (1e-45f)), all (0), divide (lx, l2));
      lanes best = multiply (scale, lx);
      for (int k = -9; k <= 9; k++)
        {
          if (k == 0)
            continue;
          const lanes candidate = divide (all (-((float) how->top + 0.1f * (float) k)), most);
          symmetric_sums (c, how, candidate, &lx, &l2);
          const masks fits_better = below (multiply (best, l2), multiply (lx, lx));
          const masks better = both (below (all (0), l2), fits_better);
          const lanes fitted = divide (lx, l2);
          scale = choose (better, fitted, scale);
          best = choose (better, multiply (fitted, lx), best);
          inverse = choose (better, candidate, inverse);
        }
    }
  store (out->scale + at, choose (live, scale, all (0)));
  store (out->inverse + at, choose (live, inverse, all (0)));
}

INLINE void
fit_symmetric (const float *x, const float *weights, unsigned m, const symmetric *how, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      turn (x + s * how->n, how->n, c.x);
      if (how->given)
        turn (weights + s * how->n, how->n, c.weight);
      search_symmetric (&c, how, out, s);
    }
}

/* The codes, `top` added; all 0 in a dead sub-block. */
INLINE void
symmetric_codes (const float *x, const symmetric *how, float inverse, uint8_t *codes)
{
  if (inverse == 0)
    memset (codes, 0, how->n);
  else
    search_codes (x, how->n, 0, inverse, -how->top, how->top - 1, how->top, codes);
}
