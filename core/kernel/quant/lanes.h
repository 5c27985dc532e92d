/* core/kernel/quant/lanes.h: pairs of vectors, so that two chains of additions run side by side.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by loops.h, after a level's vectors.  A pair is a column: one number of each of GROUP
 * sub-blocks.  No operation mixes lanes, so a sum of columns adds in the order of the elements. */

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
all (float value)
{
  return (lanes){ v_all (value), v_all (value) };
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
lesser (lanes x, lanes y)
{
  return (lanes){ v_min (x.a, y.a), v_min (x.b, y.b) };
}

INLINE lanes
greater (lanes x, lanes y)
{
  return (lanes){ v_max (x.a, y.a), v_max (x.b, y.b) };
}

INLINE lanes
size (lanes x)
{
  return (lanes){ v_size (x.a), v_size (x.b) };
}

INLINE lanes
root (lanes x)
{
  return (lanes){ v_root (x.a), v_root (x.b) };
}

INLINE lanes
nearest (lanes x)
{
  return (lanes){ v_nearest (x.a), v_nearest (x.b) };
}

INLINE lanes
between (lanes low, lanes x, lanes high)
{
  return lesser (greater (x, low), high);
}

INLINE masks
below (lanes x, lanes y)
{
  return (masks){ v_below (x.a, y.a), v_below (x.b, y.b) };
}

INLINE masks
unlike (lanes x, lanes y)
{
  return (masks){ v_unlike (x.a, y.a), v_unlike (x.b, y.b) };
}

INLINE lanes
choose (masks where, lanes yes, lanes no)
{
  return (lanes){ v_choose (where.a, yes.a, no.a), v_choose (where.b, yes.b, no.b) };
}

INLINE masks
both (masks x, masks y)
{
  return (masks){ m_both (x.a, y.a), m_both (x.b, y.b) };
}

INLINE masks
either (masks x, masks y)
{
  return (masks){ m_either (x.a, y.a), m_either (x.b, y.b) };
}

INLINE masks
except (masks x, masks y)
{
  return (masks){ m_except (x.a, y.a), m_except (x.b, y.b) };
}

INLINE bool
any (masks x)
{
  return m_bits (m_either (x.a, x.b)) != 0;
}

/* The nearest whole number, to even, as the reference finds it: in the lower bits of the sum with 1.5 · 2^23.
 * Beyond 2^22, and for infinity and NaN, it is something else, but always the same; then held to a range. */
INLINE whole
v_code (vec value, int low, int high)
{
  const whole bits = w_and (w_bits (value + v_all (12582912.0f)), w_all (0x7fffff));
  return w_min (w_max (w_add (bits, w_all (-0x400000)), w_all (low)), w_all (high));
}

/* The same as numbers.  Where no |value| is 2^22 or more, the short way gives the same. */
INLINE lanes
code (lanes value, int low, int high, bool exact)
{
  if (exact)
    return (lanes){ w_number (v_code (value.a, low, high)), w_number (v_code (value.b, low, high)) };
  return nearest (between (all ((float) low), value, all ((float) high)));
}
