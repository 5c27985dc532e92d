/* core/kernel/quant/portable.c: quantization, two vectors of four at a time, in the vectors that gcc and
 * clang make of any processor's.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every x86-64 has SSE2, and a few of its instructions are named where the compilers do not find them. */
#include "core/kernel/quant/level.h"
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TARGET
#define INLINE static inline __attribute__ ((always_inline))
#define LEVEL fci_quant_portable

enum
{
  LANES = 4
};

typedef float vec __attribute__ ((vector_size (16)));
typedef int32_t whole __attribute__ ((vector_size (16)));
typedef whole mask;

INLINE vec
v_all (float value)
{
  return (vec){ value, value, value, value };
}

INLINE vec
v_load (const float *at)
{
  vec value;
  memcpy (&value, at, sizeof value);
  return value;
}

INLINE void
v_store (float *at, vec value)
{
  memcpy (at, &value, sizeof value);
}

INLINE vec
v_choose (mask where, vec yes, vec no)
{
  return (vec) ((where & (whole) yes) | (~where & (whole) no));
}

INLINE mask
v_below (vec a, vec b)
{
  return a < b;
}

/* Or one is NaN. */
INLINE mask
v_unlike (vec a, vec b)
{
  return a != b;
}

/* Of equal numbers, as 0 and -0, the second. */
INLINE vec
v_min (vec a, vec b)
{
#ifdef __SSE2__
  return _mm_min_ps (a, b);
#else
  return v_choose (a < b, a, b);
#endif
}

INLINE vec
v_max (vec a, vec b)
{
#ifdef __SSE2__
  return _mm_max_ps (a, b);
#else
  return v_choose (a > b, a, b);
#endif
}

INLINE vec
v_size (vec a)
{
  return (vec) ((whole) a & (whole){ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX });
}

INLINE vec
v_root (vec a)
{
  return (vec){ sqrtf (a[0]), sqrtf (a[1]), sqrtf (a[2]), sqrtf (a[3]) };
}

/* 1.5 · 2^23 leaves no room for a fraction. */
INLINE vec
v_nearest (vec a)
{
  return (a + v_all (12582912.0f)) - v_all (12582912.0f);
}

INLINE mask
m_both (mask a, mask b)
{
  return a & b;
}

INLINE mask
m_either (mask a, mask b)
{
  return a | b;
}

INLINE mask
m_except (mask a, mask b)
{
  return a & ~b;
}

/* One bit a lane. */
INLINE unsigned
m_bits (mask a)
{
#ifdef __SSE2__
  return (unsigned) _mm_movemask_ps ((vec) a);
#else
  const whole bits = a & (whole){ 1, 2, 4, 8 };
  return (unsigned) (bits[0] | bits[1] | bits[2] | bits[3]);
#endif
}

INLINE whole
w_all (int value)
{
  return (whole){ value, value, value, value };
}

INLINE whole
w_bits (vec a)
{
  return (whole) a;
}

INLINE whole
w_and (whole a, whole b)
{
  return a & b;
}

INLINE whole
w_add (whole a, whole b)
{
  return a + b;
}

INLINE whole
w_min (whole a, whole b)
{
  const whole less = a < b;
  return (less & a) | (~less & b);
}

INLINE whole
w_max (whole a, whole b)
{
  const whole more = a > b;
  return (more & a) | (~more & b);
}

INLINE vec
w_number (whole a)
{
  return __builtin_convertvector(a, vec);
}

/* Towards zero; INT32_MIN where that does not fit. */
INLINE whole
w_cut (vec a)
{
#ifdef __SSE2__
  return (whole) _mm_cvttps_epi32 (a);
#else
  const whole fits = v_below (v_size (a), v_all (0x1p31f));
  const whole cut = __builtin_convertvector((vec) ((whole) a & fits), whole);
  return (fits & cut) | (~fits & w_all (INT32_MIN));
#endif
}

INLINE whole
w_load_bytes (const uint8_t *at)
{
#ifdef __SSE2__
  int32_t bytes;
  memcpy (&bytes, at, sizeof bytes);
  const __m128i zero = _mm_setzero_si128 ();
  return (whole) _mm_unpacklo_epi16 (_mm_unpacklo_epi8 (_mm_cvtsi32_si128 (bytes), zero), zero);
#else
  return (whole){ at[0], at[1], at[2], at[3] };
#endif
}

/* The low byte of every lane, which is 0 … 255 or -128 … 127. */
INLINE void
w_store_bytes (uint8_t *at, whole a)
{
#ifdef __SSE2__
  const __m128i halves = _mm_packs_epi32 ((__m128i) (a & w_all (0xff)), _mm_setzero_si128 ());
  const int32_t bytes = _mm_cvtsi128_si32 (_mm_packus_epi16 (halves, halves));
  memcpy (at, &bytes, sizeof bytes);
#else
  for (int i = 0; i < LANES; i++)
    at[i] = (uint8_t) a[i];
#endif
}

INLINE float
v_most (vec a)
{
  const float one = a[0] > a[1] ? a[0] : a[1], other = a[2] > a[3] ? a[2] : a[3];
  return one > other ? one : other;
}

/* The code whose value is the nearest. */
typedef whole place;

INLINE place
v_place (vec x)
{
  static const float limits[15] = { FCI_IQ4_LIMITS };
  whole index = w_all (15);
  for (int k = 0; k < 15; k++)
    index += v_below (x, v_all (limits[k]));
  return index;
}

INLINE whole
p_code (place at)
{
  return at;
}

INLINE vec
p_value (place at)
{
  static const float values[16] = { FCI_IQ4_VALUES };
  return (vec){ values[at[0]], values[at[1]], values[at[2]], values[at[3]] };
}

#include "core/kernel/quant/loops.h"
