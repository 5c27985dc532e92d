/* core/kernel/quant/search_affine.h: the search for a scale and a minimum: x is about scale · code - minimum.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * Operations have the order of ggml, and so the same roundings. */

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

/* The state of a search, one lane per sub-block. */
typedef struct search
{
  lanes smallest, largest;
  lanes sum_w, sum_x;
  lanes best, scale, minimum; /* minimum: below 0, as x - minimum */
  lanes inverse, base;
  masks live; /* elements are not all equal */
  masks far;  /* needs the exact rounding */
} search;

INLINE void
weigh (columns *c, const affine *mode)
{
  lanes sum = splat (0);
  if (mode->weights == GIVEN)
    return;
  for (unsigned i = 0; i < mode->n && mode->weights == BY_SPREAD; i++)
    {
      const lanes x = load (c->x[i]);
      sum = add (sum, multiply (x, x));
    }
  const lanes spread = sqrt_of (divide (sum, splat ((float) mode->n)));
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes x = abs_of (load (c->x[i]));
      store (c->weight[i], mode->weights == BY_SPREAD ? add (spread, x) : x);
    }
}

INLINE void
find_range (const columns *c, const affine *mode, search *s)
{
  s->smallest = s->largest = load (c->x[0]);
  s->sum_w = load (c->weight[0]);
  s->sum_x = multiply (s->sum_w, s->smallest);
  for (unsigned i = 1; i < mode->n; i++)
    {
      const lanes x = load (c->x[i]), w = load (c->weight[i]);
      s->smallest = min_of (x, s->smallest);
      s->largest = max_of (x, s->largest);
      s->sum_w = add (s->sum_w, w);
      s->sum_x = add (s->sum_x, multiply (w, x));
    }
  s->minimum = min_of (splat (0), s->smallest); /* keeps -0 */
  s->live = lt_of (s->minimum, s->largest);
  s->far = lt_of (splat (0), splat (0));
}

/* Returns Σ weight · error of scale · code + minimum, with the codes in `work`. */
INLINE lanes
error_of (const columns *c, const affine *mode, lanes scale, lanes minimum)
{
  lanes sum = splat (0);
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes about = add (multiply (scale, load (c->work[i])), minimum);
      const lanes gap = subtract (about, load (c->x[i]));
      const lanes error = mode->absolute ? abs_of (gap) : multiply (gap, gap);
      sum = add (sum, multiply (load (c->weight[i]), error));
    }
  return sum;
}

/* Marks lanes with codes that may leave the range of the short rounding. */
INLINE void
search_far (search *s, lanes inverse)
{
  const lanes limit = splat (4.0e6f);
  const lanes top = abs_of (multiply (inverse, subtract (s->largest, s->minimum)));
  const lanes bottom = abs_of (multiply (inverse, subtract (s->smallest, s->minimum)));
  const masks near = and_of (lt_of (top, limit), lt_of (bottom, limit));
  s->far = or_of (s->far, andnot_of (s->live, near));
}

INLINE void
first_try (columns *c, const affine *mode, search *s, bool exact)
{
  s->inverse = divide (splat ((float) mode->top), subtract (s->largest, s->minimum));
  s->base = s->minimum;
  s->scale = divide (splat (1), s->inverse);
  search_far (s, s->inverse);
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes x = load (c->x[i]);
      store (c->work[i], code (multiply (s->inverse, subtract (x, s->minimum)), 0, mode->top, exact));
    }
  /* A lane that is not live has the lowest error, so that candidates do not replace it. */
  s->best = blend (s->live, error_of (c, mode, s->scale, s->minimum), splat (-__builtin_inff ()));
}

/* Tries the candidate with the inverse scale numerator / range; its least-squares scale and minimum are kept
 * in lanes in which their error is the smallest so far. */
INLINE void
try_candidate (columns *c, const affine *mode, search *s, float numerator, bool exact)
{
  const lanes minimum = s->minimum;
  const lanes inverse = divide (splat (numerator), subtract (s->largest, minimum));
  lanes sum_l = splat (0), sum_l2 = splat (0), sum_xl = splat (0);
  search_far (s, inverse);
  for (unsigned i = 0; i < mode->n; i++)
    {
      const lanes x = load (c->x[i]);
      const lanes l = code (multiply (inverse, subtract (x, minimum)), 0, mode->top, exact);
      const lanes wl = multiply (load (c->weight[i]), l);
      store (c->work[i], l);
      sum_l = add (sum_l, wl);
      sum_l2 = add (sum_l2, multiply (wl, l));
      sum_xl = add (sum_xl, multiply (wl, x));
    }
  const lanes det = subtract (multiply (s->sum_w, sum_l2), multiply (sum_l, sum_l));
  lanes scale = divide (subtract (multiply (s->sum_w, sum_xl), multiply (s->sum_x, sum_l)), det);
  lanes fitted = divide (subtract (multiply (sum_l2, s->sum_x), multiply (sum_l, sum_xl)), det);
  const masks above = lt_of (splat (0), fitted);
  if (any (above))
    {
      fitted = blend (above, splat (0), fitted);
      scale = blend (above, divide (sum_xl, sum_l2), scale);
    }
  const lanes error = error_of (c, mode, scale, fitted);
  const masks better = and_of (lt_of (splat (0), det), lt_of (error, s->best));
  s->best = blend (better, error, s->best);
  s->scale = blend (better, scale, s->scale);
  s->minimum = blend (better, fitted, s->minimum);
  s->inverse = blend (better, inverse, s->inverse);
  s->base = blend (better, minimum, s->base);
}

INLINE bool
search_affine (columns *c, const affine *mode, bool exact, fits *out, unsigned at)
{
  search s;
  find_range (c, mode, &s);
  if (any (s.live))
    {
      first_try (c, mode, &s, exact);
      for (int k = 0; k <= mode->last; k++)
        try_candidate (c, mode, &s, mode->first + mode->step * (float) k + (float) mode->top, exact);
    }
  else
    s.inverse = s.base = s.scale = splat (0);
  if (!exact && any (s.far))
    return false;
  store (out->scale + at, blend (s.live, s.scale, splat (0)));
  store (out->minimum + at, subtract (splat (-0.0f), s.minimum));
  store (out->inverse + at, blend (s.live, s.inverse, splat (0)));
  store (out->base + at, s.base);
  return true;
}

/* Repeats the search with exact rounding, only for extreme numbers, so that it need not be fast. */
static TARGET __attribute__ ((noinline)) void
search_affine_exactly (columns *c, const affine *mode, fits *out, unsigned at)
{
  search_affine (c, mode, true, out, at);
}

/* Searches m sub-blocks, rounded up to complete groups; weights: NULL, or one per element. */
INLINE void
fit_affine (const float *x, const float *weights, unsigned m, const affine *mode, fits *out)
{
  columns c;
  for (unsigned s = 0; s < m; s += GROUP)
    {
      transpose (x + s * mode->n, mode->n, c.x);
      if (mode->weights == GIVEN)
        transpose (weights + s * mode->n, mode->n, c.weight);
      weigh (&c, mode);
      if (!search_affine (&c, mode, false, out, s))
        search_affine_exactly (&c, mode, out, s);
    }
}
