/* core/kernel/quant/search_table.h: the search of IQ4_NL and IQ4_XS for a scale: x is about scale · value of the code.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * Operations have the order of ggml, and so the same roundings. */

INLINE lanes
table_values (lanes x)
{
  return (lanes){ iq4_value (v_iq4_index (x.a)), iq4_value (v_iq4_index (x.b)) };
}

INLINE void
table_sums (const columns *c, lanes inverse, lanes *qx, lanes *q2)
{
  *qx = *q2 = splat (0);
  for (unsigned i = 0; i < FCI_BLOCK; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes q = table_values (multiply (inverse, x));
      const lanes wq = multiply (load (c->weight[i]), q);
      *qx = add (*qx, multiply (wq, x));
      *q2 = add (*q2, multiply (wq, q));
    }
}

INLINE void
search_table (columns *c, bool given, float *scale)
{
  const lanes first = splat (-127);
  lanes far, qx, q2;
  const lanes largest = farthest (c, FCI_BLOCK, &far);
  const masks live = andnot_of (lt_of (splat (0), far), lt_of (far, splat (1e-15f)));
  if (!any (live))
    {
      store (scale, splat (0));
      return;
    }
  for (unsigned i = 0; i < FCI_BLOCK && !given; i++)
    store (c->weight[i], multiply (load (c->x[i]), load (c->x[i])));
  table_sums (c, divide (splat (1), divide (subtract (splat (-0.0f), largest), first)), &qx, &q2);
  lanes found = blend (lt_of (splat (0), q2), divide (qx, q2), splat (0));
  lanes best = multiply (found, qx);
  for (int k = -7; k <= 7; k++)
    {
      table_sums (c, divide (splat ((float) (k - 127)), largest), &qx, &q2);
      const masks fits_better = lt_of (multiply (best, q2), multiply (qx, qx));
      const masks better = and_of (lt_of (splat (0), q2), fits_better);
      const lanes fitted = divide (qx, q2);
      found = blend (better, fitted, found);
      best = blend (better, multiply (fitted, qx), best);
    }
  store (scale, blend (live, found, splat (0)));
}

/* Searches m sub-blocks of 32. */
INLINE void
fit_table (const float *x, const float *weights, unsigned m, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      transpose (x + s * FCI_BLOCK, FCI_BLOCK, c.x);
      if (weights)
        transpose (weights + s * FCI_BLOCK, FCI_BLOCK, c.weight);
      search_table (&c, weights != NULL, out->scale + s);
    }
}

INLINE void
table_codes (const float *x, float inverse, uint8_t *codes)
{
  for (unsigned i = 0; i < FCI_BLOCK; i += LANES)
    w_store_bytes (codes + i, iq4_code (v_iq4_index (v_splat (inverse) * v_load (x + i))));
}
