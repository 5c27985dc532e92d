/* core/kernel/quant/search_q3k.h: the search of Q3_K: codes -4 … 3, moved one by one to improve the fit.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * Few codes move, and the following steps wait for them; so two pairs of vectors are processed in parallel. */

enum
{
  THREE = 16, /* elements of a sub-block */
  THREE_TOP = 4,
  TOGETHER = 2 * GROUP
};

/* The state of a search; [i][s] is for element i of sub-block s. */
typedef struct three
{
  columns c[2];                                /* x; weight: x²; work: the code */
  _Alignas(64) float product[2][THREE][GROUP]; /* weight · x */
  lanes lx[2], l2[2];
} three;

INLINE void
start_three (three *t, unsigned p)
{
  lanes far;
  columns *c = &t->c[p];
  const lanes largest = farthest (c, THREE, &far);
  const masks live = andnot_of (lt_of (splat (0), far), lt_of (far, splat (1e-15f)));
  const lanes inverse = blend (live, divide (splat (-THREE_TOP), largest), splat (0));
  t->lx[p] = t->l2[p] = splat (0);
  for (unsigned i = 0; i < THREE; i++)
    {
      const lanes x = blend (live, load (c->x[i]), splat (0));
      const lanes w = multiply (x, x);
      const lanes wx = multiply (w, x);
      const lanes l = code (multiply (inverse, x), -THREE_TOP, THREE_TOP - 1, false);
      store (c->x[i], x);
      store (c->weight[i], w);
      store (t->product[p][i], wx);
      store (c->work[i], blend (live, l, splat (-THREE_TOP)));
      t->lx[p] = add (t->lx[p], multiply (wx, l));
      t->l2[p] = add (t->l2[p], multiply (multiply (w, l), l));
    }
}

/* Moves the code of element i of one pair.  Returns the lanes in which it moved. */
INLINE masks
move_one (three *t, unsigned p, unsigned i)
{
  columns *c = &t->c[p];
  const lanes l = load (c->work[i]), w = load (c->weight[i]), wx = load (t->product[p][i]);
  const lanes lx = subtract (t->lx[p], multiply (wx, l));
  const lanes l2 = subtract (t->l2[p], multiply (multiply (w, l), l));
  const lanes ideal = divide (multiply (load (c->x[i]), l2), lx);
  const lanes moved = code (ideal, -THREE_TOP, THREE_TOP - 1, true);
  const masks differs = and_of (lt_of (splat (0), lx), ne_of (moved, l));
  if (!any (differs))
    return differs;
  const lanes new_lx = add (lx, multiply (wx, moved));
  const lanes new_l2 = add (l2, multiply (multiply (w, moved), moved));
  const masks fits_better = lt_of (multiply (multiply (t->lx[p], t->lx[p]), new_l2),
                                   multiply (multiply (new_lx, new_lx), t->l2[p]));
  const masks better = and_of (and_of (differs, lt_of (splat (0), new_l2)), fits_better);
  t->lx[p] = blend (better, new_lx, t->lx[p]);
  t->l2[p] = blend (better, new_l2, t->l2[p]);
  store (c->work[i], blend (better, moved, l));
  return better;
}

/* Repeats passes until no code moves: a lane that did not move in a pass would not move in another. */
INLINE void
move_all (three *t)
{
  for (unsigned pass = 0; pass < 5; pass++)
    {
      masks any_moved = lt_of (splat (0), splat (0));
      for (unsigned i = 0; i < THREE; i++)
        {
          const masks first = move_one (t, 0, i);
          const masks second = move_one (t, 1, i);
          any_moved = or_of (any_moved, or_of (first, second));
        }
      if (!any (any_moved))
        break;
    }
}

/* Searches TOGETHER sub-blocks: sets their scales, and their codes plus 4, with a row of MOST for each
 * element. */
INLINE void
search_three (const float *x, float *scale, uint8_t *codes)
{
  three t;
  for (unsigned p = 0; p < 2; p++)
    {
      transpose (x + p * GROUP * THREE, THREE, t.c[p].x);
      start_three (&t, p);
    }
  move_all (&t);
  for (unsigned p = 0; p < 2; p++)
    {
      const masks usable = lt_of (splat (0), t.l2[p]);
      store (scale + p * GROUP, blend (usable, divide (t.lx[p], t.l2[p]), splat (0)));
      for (unsigned i = 0; i < THREE; i++)
        {
          const lanes l = add (load (t.c[p].work[i]), splat (THREE_TOP));
          w_store_bytes (codes + i * MOST + p * GROUP, w_truncate (l.a));
          w_store_bytes (codes + i * MOST + p * GROUP + LANES, w_truncate (l.b));
        }
    }
}
