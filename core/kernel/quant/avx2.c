/* core/kernel/quant/avx2.c: quantization, two vectors of eight at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/level.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("avx2,f16c")))
#define INLINE static inline __attribute__ ((always_inline, target ("avx2,f16c")))
#define LEVEL fci_quant_avx2

enum
{
  LANES = 8
};

typedef __m256 vec;
typedef __m256i ivec;
typedef __m256 mask;

INLINE vec
v_splat (float value)
{
  return _mm256_set1_ps (value);
}

INLINE vec
v_load (const float *at)
{
  return _mm256_loadu_ps (at);
}

INLINE void
v_store (float *at, vec value)
{
  _mm256_storeu_ps (at, value);
}

INLINE vec
v_min (vec a, vec b)
{
  return _mm256_min_ps (a, b);
}

INLINE vec
v_max (vec a, vec b)
{
  return _mm256_max_ps (a, b);
}

INLINE vec
v_abs (vec a)
{
  return _mm256_andnot_ps (_mm256_set1_ps (-0.0f), a);
}

INLINE vec
v_sqrt (vec a)
{
  return _mm256_sqrt_ps (a);
}

INLINE vec
v_round (vec a)
{
  return _mm256_round_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE mask
v_lt (vec a, vec b)
{
  return _mm256_cmp_ps (a, b, _CMP_LT_OQ);
}

/* Returns the lanes that differ or have a NaN. */
INLINE mask
v_ne (vec a, vec b)
{
  return _mm256_cmp_ps (a, b, _CMP_NEQ_UQ);
}

INLINE vec
v_blend (mask where, vec yes, vec no)
{
  return _mm256_blendv_ps (no, yes, where);
}

INLINE mask
m_and (mask a, mask b)
{
  return _mm256_and_ps (a, b);
}

INLINE mask
m_or (mask a, mask b)
{
  return _mm256_or_ps (a, b);
}

INLINE mask
m_andnot (mask a, mask b)
{
  return _mm256_andnot_ps (b, a);
}

/* Returns one bit per lane. */
INLINE unsigned
m_bits (mask a)
{
  return (unsigned) _mm256_movemask_ps (a);
}

INLINE ivec
w_splat (int value)
{
  return _mm256_set1_epi32 (value);
}

INLINE ivec
w_bits (vec a)
{
  return _mm256_castps_si256 (a);
}

INLINE ivec
w_and (ivec a, ivec b)
{
  return _mm256_and_si256 (a, b);
}

INLINE ivec
w_add (ivec a, ivec b)
{
  return _mm256_add_epi32 (a, b);
}

INLINE ivec
w_min (ivec a, ivec b)
{
  return _mm256_min_epi32 (a, b);
}

INLINE ivec
w_max (ivec a, ivec b)
{
  return _mm256_max_epi32 (a, b);
}

INLINE vec
w_to_float (ivec a)
{
  return _mm256_cvtepi32_ps (a);
}

/* Truncates towards zero; INT32_MIN for values out of range. */
INLINE ivec
w_truncate (vec a)
{
  return _mm256_cvttps_epi32 (a);
}

INLINE ivec
w_load_bytes (const uint8_t *at)
{
  return _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) (const void *) at));
}

/* Stores the low byte of each lane, which is 0 … 255 or -128 … 127. */
INLINE void
w_store_bytes (uint8_t *at, ivec a)
{
  const __m256i low = _mm256_set1_epi32 (0xff);
  const __m256i halves = _mm256_packus_epi32 (_mm256_and_si256 (a, low), _mm256_setzero_si256 ());
  const __m256i bytes = _mm256_packus_epi16 (halves, halves);
  const int32_t parts[2] = { _mm256_extract_epi32 (bytes, 0), _mm256_extract_epi32 (bytes, 4) };
  memcpy (at, parts, sizeof parts);
}

INLINE float
v_hmax (vec a)
{
  const __m128 four = _mm_max_ps (_mm256_castps256_ps128 (a), _mm256_extractf128_ps (a, 1));
  const __m128 two = _mm_max_ps (four, _mm_movehl_ps (four, four));
  return _mm_cvtss_f32 (_mm_max_ss (two, _mm_movehdup_ps (two)));
}

/* The code with the nearest value, from four comparisons: minus the number of pairs of codes above it, and
 * whether it is the lower of its pair. */
typedef struct iq4_index
{
  ivec pair;
  mask lower;
} iq4_index;

/* Tables that are indexed with -7 … 0, by the lower three bits, have the order 1 … 7, 0. */
INLINE iq4_index
v_iq4_index (vec x)
{
  const vec third = _mm256_setr_ps (79, 0, 0, 0, 0, -93.5f, -28.5f, 19);
  const vec fourth = _mm256_setr_ps (101, -115.5f, -74, -42, -16, 7, 31.5f, 61);
  const mask first = v_lt (x, v_splat (-4.5f));
  const mask second = v_lt (x, v_blend (first, v_splat (-57), v_splat (45.5f)));
  const ivec half = w_add (w_bits (first), w_bits (first));
  const ivec quarter = w_add (half, w_bits (second));
  const mask in_quarter = v_lt (x, _mm256_permutevar8x32_ps (third, quarter));
  const ivec pair = w_add (w_add (quarter, quarter), w_bits (in_quarter));
  return (iq4_index){ pair, v_lt (x, _mm256_permutevar8x32_ps (fourth, pair)) };
}

INLINE ivec
iq4_code (iq4_index at)
{
  return w_add (w_add (w_splat (15), w_add (at.pair, at.pair)), w_bits (at.lower));
}

INLINE vec
iq4_value (iq4_index at)
{
  const vec lower = _mm256_setr_ps (89, -127, -83, -49, -22, 1, 25, 53);
  const vec upper = _mm256_setr_ps (113, -104, -65, -35, -10, 13, 38, 69);
  return v_blend (at.lower, _mm256_permutevar8x32_ps (lower, at.pair),
                  _mm256_permutevar8x32_ps (upper, at.pair));
}

#include "core/kernel/quant/loops.h"

#endif
