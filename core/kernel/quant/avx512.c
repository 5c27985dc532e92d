/* core/kernel/quant/avx512.c: quantization, two vectors of sixteen at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/level.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE static inline __attribute__ ((always_inline, target ("avx512f,avx512bw,avx512dq,avx512vl")))
#define LEVEL fci_quant_avx512

enum
{
  LANES = 16
};

typedef __m512 vec;
typedef __m512i ivec;
typedef __mmask16 mask;

INLINE vec
v_splat (float value)
{
  return _mm512_set1_ps (value);
}

INLINE vec
v_load (const float *at)
{
  return _mm512_loadu_ps (at);
}

INLINE void
v_store (float *at, vec value)
{
  _mm512_storeu_ps (at, value);
}

INLINE vec
v_min (vec a, vec b)
{
  return _mm512_min_ps (a, b);
}

INLINE vec
v_max (vec a, vec b)
{
  return _mm512_max_ps (a, b);
}

INLINE vec
v_abs (vec a)
{
  return _mm512_abs_ps (a);
}

INLINE vec
v_sqrt (vec a)
{
  return _mm512_sqrt_ps (a);
}

INLINE vec
v_round (vec a)
{
  return _mm512_roundscale_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE mask
v_lt (vec a, vec b)
{
  return _mm512_cmp_ps_mask (a, b, _CMP_LT_OQ);
}

/* Returns the lanes that differ or have a NaN. */
INLINE mask
v_ne (vec a, vec b)
{
  return _mm512_cmp_ps_mask (a, b, _CMP_NEQ_UQ);
}

INLINE vec
v_blend (mask where, vec yes, vec no)
{
  return _mm512_mask_blend_ps (where, no, yes);
}

INLINE mask
m_and (mask a, mask b)
{
  return (mask) (a & b);
}

INLINE mask
m_or (mask a, mask b)
{
  return (mask) (a | b);
}

INLINE mask
m_andnot (mask a, mask b)
{
  return (mask) (a & ~b);
}

/* Returns one bit per lane. */
INLINE unsigned
m_bits (mask a)
{
  return a;
}

INLINE ivec
w_splat (int value)
{
  return _mm512_set1_epi32 (value);
}

INLINE ivec
w_bits (vec a)
{
  return _mm512_castps_si512 (a);
}

INLINE ivec
w_and (ivec a, ivec b)
{
  return _mm512_and_si512 (a, b);
}

INLINE ivec
w_add (ivec a, ivec b)
{
  return _mm512_add_epi32 (a, b);
}

INLINE ivec
w_min (ivec a, ivec b)
{
  return _mm512_min_epi32 (a, b);
}

INLINE ivec
w_max (ivec a, ivec b)
{
  return _mm512_max_epi32 (a, b);
}

INLINE vec
w_to_float (ivec a)
{
  return _mm512_cvtepi32_ps (a);
}

/* Truncates towards zero; INT32_MIN for values out of range. */
INLINE ivec
w_truncate (vec a)
{
  return _mm512_cvttps_epi32 (a);
}

INLINE ivec
w_load_bytes (const uint8_t *at)
{
  return _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) at));
}

/* Stores the low byte of each lane, which is 0 … 255 or -128 … 127. */
INLINE void
w_store_bytes (uint8_t *at, ivec a)
{
  _mm_storeu_si128 ((__m128i *) (void *) at, _mm512_cvtepi32_epi8 (a));
}

INLINE float
v_hmax (vec a)
{
  return _mm512_reduce_max_ps (a);
}

/* The code with the nearest value. */
typedef __m512i iq4_index;

/* Clamps x to the range of the values and divides it into steps of 8.75, too narrow for two limits: tables
 * have the number of limits below the end of each step, and the limit in the step, if any. */
INLINE iq4_index
v_iq4_index (vec x)
{
  const __m512i count[2] = { _mm512_setr_epi32 (8, 9, 10, 10, 11, 12, 12, 13, 13, 14, 14, 14, 15, 15, 15, 15),
                             _mm512_setr_epi32 (0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4, 5, 5, 6, 7, 8) };
  const float none = -__builtin_inff ();
  const vec limit[2] = { _mm512_setr_ps (none, 7, 19, none, 31.5f, 45.5f, none, 61, none, 79, none, none, 101,
                                         none, none, none),
                         _mm512_setr_ps (none, none, none, -115.5f, none, -93.5f, none, none, -74, -57, none,
                                         -42, none, -28.5f, -16, -4.5f) };
  const vec held = v_max (v_min (x, v_splat (113)), v_splat (-127));
  const __m512i step = w_bits (held * v_splat (1 / 8.75f) + v_splat (12582912.0f));
  const vec border = _mm512_permutex2var_ps (limit[0], step, limit[1]);
  const __m512i codes = _mm512_permutex2var_epi32 (count[0], step, count[1]);
  return _mm512_mask_add_epi32 (codes, v_lt (held, border), codes, w_splat (-1));
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
  return _mm512_permutexvar_ps (at, v_load (values));
}

#include "core/kernel/quant/loops.h"

#endif
