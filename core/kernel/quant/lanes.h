/* core/kernel/quant/lanes.h: pairs of vectors, so that two chains of additions run in parallel.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by loops.h, after a level's vectors.  A pair is a column: one number of each of GROUP
 * sub-blocks.  Operations do not mix lanes, so a sum of columns adds in the order of the elements. */

enum
{
  GROUP = 2 * LANES
};

typedef struct lanes
{
  vec a, b;
} lanes;

typedef struct masks
{
  mask a, b;
} masks;

INLINE lanes
splat (float value)
{
  return (lanes){ v_splat (value), v_splat (value) };
}

INLINE lanes
load (const float *at)
{
  return (lanes){ v_load (at), v_load (at + LANES) };
}

INLINE void
store (float *at, lanes value)
{
  v_store (at, value.a);
  v_store (at + LANES, value.b);
}

INLINE lanes
add (lanes x, lanes y)
{
  return (lanes){ x.a + y.a, x.b + y.b };
}

INLINE lanes
subtract (lanes x, lanes y)
{
  return (lanes){ x.a - y.a, x.b - y.b };
}

INLINE lanes
multiply (lanes x, lanes y)
{
  return (lanes){ x.a * y.a, x.b * y.b };
}

INLINE lanes
divide (lanes x, lanes y)
{
  return (lanes){ x.a / y.a, x.b / y.b };
}

INLINE lanes
min_of (lanes x, lanes y)
{
  return (lanes){ v_min (x.a, y.a), v_min (x.b, y.b) };
}

INLINE lanes
max_of (lanes x, lanes y)
{
  return (lanes){ v_max (x.a, y.a), v_max (x.b, y.b) };
}

INLINE lanes
abs_of (lanes x)
{
  return (lanes){ v_abs (x.a), v_abs (x.b) };
}

INLINE lanes
sqrt_of (lanes x)
{
  return (lanes){ v_sqrt (x.a), v_sqrt (x.b) };
}

INLINE lanes
round_even (lanes x)
{
  return (lanes){ v_round (x.a), v_round (x.b) };
}

INLINE lanes
clamp (lanes low, lanes x, lanes high)
{
  return min_of (max_of (x, low), high);
}

INLINE masks
lt_of (lanes x, lanes y)
{
  return (masks){ v_lt (x.a, y.a), v_lt (x.b, y.b) };
}

INLINE masks
ne_of (lanes x, lanes y)
{
  return (masks){ v_ne (x.a, y.a), v_ne (x.b, y.b) };
}

INLINE lanes
blend (masks where, lanes yes, lanes no)
{
  return (lanes){ v_blend (where.a, yes.a, no.a), v_blend (where.b, yes.b, no.b) };
}

INLINE masks
and_of (masks x, masks y)
{
  return (masks){ m_and (x.a, y.a), m_and (x.b, y.b) };
}

INLINE masks
or_of (masks x, masks y)
{
  return (masks){ m_or (x.a, y.a), m_or (x.b, y.b) };
}

INLINE masks
andnot_of (masks x, masks y)
{
  return (masks){ m_andnot (x.a, y.a), m_andnot (x.b, y.b) };
}

INLINE bool
any (masks x)
{
  return m_bits (m_or (x.a, x.b)) != 0;
}

/* Returns the nearest integer, ties to even, as the reference computes it: the low bits of the sum with 1.5 ·
 * 2^23.  Beyond 2^22, and for infinity and NaN, the result differs but is deterministic.  Clamped to a range.
 * */
INLINE ivec
v_code (vec value, int low, int high)
{
  const ivec bits = w_and (w_bits (value + v_splat (12582912.0f)), w_splat (0x7fffff));
  return w_min (w_max (w_add (bits, w_splat (-0x400000)), w_splat (low)), w_splat (high));
}

/* Returns the codes as floats.  exact: required if a |value| may be 2^22 or more; otherwise the short way is
 * equal. */
INLINE lanes
code (lanes value, int low, int high, bool exact)
{
  if (exact)
    return (lanes){ w_to_float (v_code (value.a, low, high)), w_to_float (v_code (value.b, low, high)) };
  return round_even (clamp (splat ((float) low), value, splat ((float) high)));
}
