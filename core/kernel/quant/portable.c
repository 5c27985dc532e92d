/* core/kernel/quant/portable.c: quantization, two vectors of four at a time, in the generic vectors of
 * gcc and clang.
 * SPDX-License-Identifier: Apache-2.0
 *
 * x86-64 always has SSE2; a few of its instructions are used explicitly because the compilers do not find them. */
#include "config.h"

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
typedef int32_t ivec __attribute__ ((vector_size (16)));
typedef ivec mask;

INLINE vec
v_splat (float value)
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
v_blend (mask where, vec yes, vec no)
{
  return (vec) ((where & (ivec) yes) | (~where & (ivec) no));
}

INLINE mask
v_lt (vec a, vec b)
{
  return a < b;
}

/* Returns the lanes that differ or have a NaN. */
INLINE mask
v_ne (vec a, vec b)
{
  return a != b;
}

/* Returns the minimum; of equal numbers, such as 0 and -0, the second. */
INLINE vec
v_min (vec a, vec b)
{
#ifdef __SSE2__
  return _mm_min_ps (a, b);
#else
  return v_blend (a < b, a, b);
#endif
}

INLINE vec
v_max (vec a, vec b)
{
#ifdef __SSE2__
  return _mm_max_ps (a, b);
#else
  return v_blend (a > b, a, b);
#endif
}

INLINE vec
v_abs (vec a)
{
  return (vec) ((ivec) a & (ivec){ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX });
}

INLINE vec
v_sqrt (vec a)
{
  return (vec){ sqrtf (a[0]), sqrtf (a[1]), sqrtf (a[2]), sqrtf (a[3]) };
}

/* Rounds by adding 1.5 · 2^23, a number without fraction bits. */
INLINE vec
v_round (vec a)
{
  return (a + v_splat (12582912.0f)) - v_splat (12582912.0f);
}

INLINE mask
m_and (mask a, mask b)
{
  return a & b;
}

INLINE mask
m_or (mask a, mask b)
{
  return a | b;
}

INLINE mask
m_andnot (mask a, mask b)
{
  return a & ~b;
}

/* Returns one bit per lane. */
INLINE unsigned
m_bits (mask a)
{
#ifdef __SSE2__
  return (unsigned) _mm_movemask_ps ((vec) a);
#else
  const ivec bits = a & (ivec){ 1, 2, 4, 8 };
  return (unsigned) (bits[0] | bits[1] | bits[2] | bits[3]);
#endif
}

INLINE ivec
w_splat (int value)
{
  return (ivec){ value, value, value, value };
}

INLINE ivec
w_bits (vec a)
{
  return (ivec) a;
}

INLINE ivec
w_and (ivec a, ivec b)
{
  return a & b;
}

INLINE ivec
w_add (ivec a, ivec b)
{
  return a + b;
}

INLINE ivec
w_min (ivec a, ivec b)
{
  const ivec less = a < b;
  return (less & a) | (~less & b);
}

INLINE ivec
w_max (ivec a, ivec b)
{
  const ivec more = a > b;
  return (more & a) | (~more & b);
}

INLINE vec
w_to_float (ivec a)
{
  return __builtin_convertvector(a, vec);
}

/* Truncates towards zero; INT32_MIN for values out of range. */
INLINE ivec
w_truncate (vec a)
{
#ifdef __SSE2__
  return (ivec) _mm_cvttps_epi32 (a);
#else
  const ivec fits = v_lt (v_abs (a), v_splat (0x1p31f));
  const ivec cut = __builtin_convertvector((vec) ((ivec) a & fits), ivec);
  return (fits & cut) | (~fits & w_splat (INT32_MIN));
#endif
}

INLINE ivec
w_load_bytes (const uint8_t *at)
{
#ifdef __SSE2__
  int32_t bytes;
  memcpy (&bytes, at, sizeof bytes);
  const __m128i zero = _mm_setzero_si128 ();
  return (ivec) _mm_unpacklo_epi16 (_mm_unpacklo_epi8 (_mm_cvtsi32_si128 (bytes), zero), zero);
#else
  return (ivec){ at[0], at[1], at[2], at[3] };
#endif
}

/* Stores the low byte of each lane, which is 0 … 255 or -128 … 127. */
INLINE void
w_store_bytes (uint8_t *at, ivec a)
{
#ifdef __SSE2__
  const __m128i halves = _mm_packs_epi32 ((__m128i) (a & w_splat (0xff)), _mm_setzero_si128 ());
  const int32_t bytes = _mm_cvtsi128_si32 (_mm_packus_epi16 (halves, halves));
  memcpy (at, &bytes, sizeof bytes);
#else
  for (int i = 0; i < LANES; i++)
    at[i] = (uint8_t) a[i];
#endif
}

INLINE float
v_hmax (vec a)
{
  const float one = a[0] > a[1] ? a[0] : a[1], other = a[2] > a[3] ? a[2] : a[3];
  return one > other ? one : other;
}

/* The code with the nearest value. */
typedef ivec iq4_index;

INLINE iq4_index
v_iq4_index (vec x)
{
  static const float limits[15] = { FCI_IQ4_LIMITS };
  ivec index = w_splat (15);
  for (int k = 0; k < 15; k++)
    index += v_lt (x, v_splat (limits[k]));
  return index;
}

INLINE ivec
iq4_code (iq4_index at)
{
  return at;
}

INLINE vec
iq4_value (iq4_index at)
{
  static const float values[16] = { FCI_IQ4_VALUES };
  return (vec){ values[at[0]], values[at[1]], values[at[2]], values[at[3]] };
}

#include "core/kernel/quant/loops.h"
