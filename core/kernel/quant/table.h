/* core/kernel/quant/table.h: the search of IQ4_NL and IQ4_XS for a scale: x is about scale · value of the code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order of every operation is ggml's, so that every rounding is. */

INLINE lanes
table_values (lanes x)
{
  return (lanes){ p_value (v_place (x.a)), p_value (v_place (x.b)) };
}

INLINE void
table_sums (const columns *c, lanes inverse, lanes *qx, lanes *q2)
{
  *qx = *q2 = all (0);
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
  const lanes first = all (-127);
  lanes far, qx, q2;
  const lanes most = farthest (c, FCI_BLOCK, &far);
  const masks live = except (below (all (0), far), below (far, all (1e-15f)));
  if (!any (live))
    {
      store (scale, all (0));
      return;
    }
  for (unsigned i = 0; i < FCI_BLOCK && !given; i++)
    store (c->weight[i], multiply (load (c->x[i]), load (c->x[i])));
  table_sums (c, divide (all (1), divide (subtract (all (-0.0f), most), first)), &qx, &q2);
  lanes found = choose (below (all (0), q2), divide (qx, q2), all (0));
  lanes best = multiply (found, qx);
  for (int k = -7; k <= 7; k++)
    {
      table_sums (c, divide (all ((float) (k - 127)), most), &qx, &q2);
      const masks fits_better = below (multiply (best, q2), multiply (qx, qx));
      const masks better = both (below (all (0), q2), fits_better);
      const lanes fitted = divide (qx, q2);
      found = choose (better, fitted, found);
      best = choose (better, multiply (fitted, qx), best);
    }
  store (scale, choose (live, found, all (0)));
}

/* m sub-blocks of 32. */
INLINE void
fit_table (const float *x, const float *weights, unsigned m, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      turn (x + s * FCI_BLOCK, FCI_BLOCK, c.x);
      if (weights)
        turn (weights + s * FCI_BLOCK, FCI_BLOCK, c.weight);
      search_table (&c, weights != NULL, out->scale + s);
    }
}

INLINE void
table_codes (const float *x, float inverse, uint8_t *codes)
{
  for (unsigned i = 0; i < FCI_BLOCK; i += LANES)
    w_store_bytes (codes + i, p_code (v_place (v_all (inverse) * v_load (x + i))));
}
