/* core/kernel/quant/affine.h: the search for a scale and a minimum: x is about scale · code - minimum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order of every operation is ggml's, so that every rounding is. */

typedef enum weighing
{
  BY_SPREAD, /* root mean square + |x| */
  BY_SIZE,   /* |x| */
  GIVEN
} weighing;

typedef struct affine
{
  unsigned n;  /* elements of a sub-block */
  int top;     /* largest code */
  float first; /* the candidates are (first + step · k + top) / range, k = 0 … last */
  float step;
  int last;
  bool absolute; /* the error is a sum of |difference|, else of squares */
  weighing weights;
} affine;

/* The state of a search, a lane a sub-block. */
typedef struct search
{
  lanes smallest, largest;
  lanes sum_w, sum_x;
  lanes best, scale, minimum; /* minimum: below 0, as x - minimum */
  lanes inverse, base;
  masks live; /* not all equal */
  masks far;  /* needs the exact rounding */
} search;

INLINE void
weigh (columns *c, const affine *how)
{
  lanes sum = all (0);
  if (how->weights == GIVEN)
    return;
  for (unsigned i = 0; i < how->n && how->weights == BY_SPREAD; i++)
    {
      const lanes x = load (c->x[i]);
      sum = add (sum, multiply (x, x));
    }
  const lanes spread = root (divide (sum, all ((float) how->n)));
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes x = size (load (c->x[i]));
      store (c->weight[i], how->weights == BY_SPREAD ? add (spread, x) : x);
    }
}

INLINE void
find_range (const columns *c, const affine *how, search *s)
{
  s->smallest = s->largest = load (c->x[0]);
  s->sum_w = load (c->weight[0]);
  s->sum_x = multiply (s->sum_w, s->smallest);
  for (unsigned i = 1; i < how->n; i++)
    {
      const lanes x = load (c->x[i]), w = load (c->weight[i]);
      s->smallest = lesser (x, s->smallest);
      s->largest = greater (x, s->largest);
      s->sum_w = add (s->sum_w, w);
      s->sum_x = add (s->sum_x, multiply (w, x));
    }
  s->minimum = lesser (all (0), s->smallest); /* keeps -0 */
  s->live = below (s->minimum, s->largest);
  s->far = below (all (0), all (0));
}

/* Σ weight · error of scale · code + minimum, with the codes in `work`. */
INLINE lanes
error_of (const columns *c, const affine *how, lanes scale, lanes minimum)
{
  lanes sum = all (0);
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes about = add (multiply (scale, load (c->work[i])), minimum);
      const lanes gap = subtract (about, load (c->x[i]));
      const lanes error = how->absolute ? size (gap) : multiply (gap, gap);
      sum = add (sum, multiply (load (c->weight[i]), error));
    }
  return sum;
}

/* Where codes could leave the range in which the short rounding is right. */
INLINE void
look_far (search *s, lanes inverse)
{
  const lanes limit = all (4.0e6f);
  const lanes top = size (multiply (inverse, subtract (s->largest, s->minimum)));
  const lanes bottom = size (multiply (inverse, subtract (s->smallest, s->minimum)));
  const masks near = both (below (top, limit), below (bottom, limit));
  s->far = either (s->far, except (s->live, near));
}

INLINE void
first_try (columns *c, const affine *how, search *s, bool exact)
{
  s->inverse = divide (all ((float) how->top), subtract (s->largest, s->minimum));
  s->base = s->minimum;
  s->scale = divide (all (1), s->inverse);
  look_far (s, s->inverse);
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes x = load (c->x[i]);
      store (c->work[i], code (multiply (s->inverse, subtract (x, s->minimum)), 0, how->top, exact));
    }
  /* No error is below that of a lane which is not live. */
  s->best = choose (s->live, error_of (c, how, s->scale, s->minimum), all (-__builtin_inff ()));
}

/* The candidate whose inverse scale is numerator / range; its least-squares scale and minimum are kept
 * where their error is the smallest so far. */
INLINE void
try_candidate (columns *c, const affine *how, search *s, float numerator, bool exact)
{
  const lanes minimum = s->minimum;
  const lanes inverse = divide (all (numerator), subtract (s->largest, minimum));
  lanes sum_l = all (0), sum_l2 = all (0), sum_xl = all (0);
  look_far (s, inverse);
  for (unsigned i = 0; i < how->n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes l = code (multiply (inverse, subtract (x, minimum)), 0, how->top, exact);
      const lanes wl = multiply (load (c->weight[i]), l);
      store (c->work[i], l);
      sum_l = add (sum_l, wl);
      sum_l2 = add (sum_l2, multiply (wl, l));
      sum_xl = add (sum_xl, multiply (wl, x));
    }
  const lanes det = subtract (multiply (s->sum_w, sum_l2), multiply (sum_l, sum_l));
  lanes scale = divide (subtract (multiply (s->sum_w, sum_xl), multiply (s->sum_x, sum_l)), det);
  lanes fitted = divide (subtract (multiply (sum_l2, s->sum_x), multiply (sum_l, sum_xl)), det);
  const masks above = below (all (0), fitted);
  if (any (above))
    {
      fitted = choose (above, all (0), fitted);
      scale = choose (above, divide (sum_xl, sum_l2), scale);
    }
  const lanes error = error_of (c, how, scale, fitted);
  const masks better = both (below (all (0), det), below (error, s->best));
  s->best = choose (better, error, s->best);
  s->scale = choose (better, scale, s->scale);
  s->minimum = choose (better, fitted, s->minimum);
  s->inverse = choose (better, inverse, s->inverse);
  s->base = choose (better, minimum, s->base);
}

INLINE bool
search_affine (columns *c, const affine *how, bool exact, fits *out, unsigned at)
{
  search s;
  find_range (c, how, &s);
  if (any (s.live))
    {
      first_try (c, how, &s, exact);
      for (int k = 0; k <= how->last; k++)
        try_candidate (c, how, &s, how->first + how->step * (float) k + (float) how->top, exact);
    }
  else
    s.inverse = s.base = s.scale = all (0);
  if (!exact && any (s.far))
    return false;
  store (out->scale + at, choose (s.live, s.scale, all (0)));
  store (out->minimum + at, subtract (all (-0.0f), s.minimum));
  store (out->inverse + at, choose (s.live, s.inverse, all (0)));
  store (out->base + at, s.base);
  return true;
}

/* Numbers of extreme size only; so it need not be fast. */
static TARGET __attribute__ ((noinline)) void
search_affine_exactly (columns *c, const affine *how, fits *out, unsigned at)
{
  search_affine (c, how, true, out, at);
}

/* m sub-blocks, rounded up to whole groups; weights: NULL, or of each element. */
INLINE void
fit_affine (const float *x, const float *weights, unsigned m, const affine *how, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      turn (x + s * how->n, how->n, c.x);
      if (how->weights == GIVEN)
        turn (weights + s * how->n, how->n, c.weight);
      weigh (&c, how);
      if (!search_affine (&c, how, false, out, s))
        search_affine_exactly (&c, how, out, s);
    }
}
