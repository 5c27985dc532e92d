/* core/kernel/fast_avx512.c: conversions between floating-point types, sixteen at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/fast_loops.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))
#define INLINE \
  static inline __attribute__ ((always_inline, target ("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))

enum
{
  LANES = 16
};

typedef __m512 floats;

typedef struct counters
{
  uint64_t inexact, overflow, underflow, nan, inf, normal;
} counters;

/* Returns `yes` in lanes with a < b (signed), else `no`. */
INLINE __m512i
where_less (__m512i a, __m512i b, __m512i yes, __m512i no)
{
  return _mm512_mask_mov_epi32 (no, _mm512_cmplt_epi32_mask (a, b), yes);
}

INLINE __m512i
e4m3_value (__m512i code)
{
  const __m512i mag = _mm512_and_si512 (code, _mm512_set1_epi32 (0x7f));
  const __m512i sign = _mm512_slli_epi32 (_mm512_srli_epi32 (code, 7), 31);
  const __m512i last_bit = _mm512_set1_epi32 ((127 - 7 - 3 + 1) << 23);
  const __m512i normal = _mm512_add_epi32 (_mm512_slli_epi32 (mag, 20), _mm512_set1_epi32 ((127 - 7) << 23));
  const __m512i subnormal =
      _mm512_castps_si512 (_mm512_mul_ps (_mm512_cvtepi32_ps (mag), _mm512_castsi512_ps (last_bit)));
  const __m512i number = where_less (mag, _mm512_set1_epi32 (8), subnormal, normal);
  return _mm512_or_si512 (sign,
                          where_less (mag, _mm512_set1_epi32 (0x7f), number, _mm512_set1_epi32 (0x7ff00000)));
}

/* Rounds as fci_small_round does; codes above `most` become `most`, NaN becomes 0x7f. */
INLINE __m512i
round_small (__m512 value, int mantissa, int bias, int most)
{
  const int cut = 23 - mantissa;
  const __m512i bits = _mm512_castps_si512 (value);
  const __m512i mag = _mm512_and_si512 (bits, _mm512_set1_epi32 (0x7fffffff));
  const __m512i sign = _mm512_slli_epi32 (_mm512_srli_epi32 (bits, 31), 7);
  const __m512i anchor = _mm512_set1_epi32 ((127 - bias + cut + 1) << 23);
  const __m512 anchored = _mm512_add_ps (_mm512_castsi512_ps (mag), _mm512_castsi512_ps (anchor));
  const __m512i low = _mm512_sub_epi32 (_mm512_castps_si512 (anchored), anchor);
  const __m512i odd = _mm512_and_si512 (_mm512_srli_epi32 (mag, cut), _mm512_set1_epi32 (1));
  const __m512i up = _mm512_add_epi32 (mag, _mm512_add_epi32 (odd, _mm512_set1_epi32 ((1 << (cut - 1)) - 1)));
  const __m512i high =
      _mm512_sub_epi32 (_mm512_srli_epi32 (up, cut), _mm512_set1_epi32 ((127 - bias) << mantissa));
  const __m512i number = where_less (mag, _mm512_set1_epi32 ((127 - bias + 1) << 23), low, high);
  const __m512i held = _mm512_min_epi32 (number, _mm512_set1_epi32 (most));
  const __m512i nan = _mm512_set1_epi32 (0x7f);
  return _mm512_or_si512 (sign, where_less (_mm512_set1_epi32 (0x7f800000), mag, nan, held));
}

INLINE __m512
load_small (const unsigned char *at, uint32_t dtype)
{
  const __m128i codes = _mm_loadu_si128 ((const __m128i *) (const void *) at);
  if (dtype == FMTCONV_F8_E5M2) /* the upper half of an f16 */
    return _mm512_cvtph_ps (_mm256_slli_epi16 (_mm256_cvtepu8_epi16 (codes), 8));
  return _mm512_castsi512_ps (e4m3_value (_mm512_cvtepu8_epi32 (codes)));
}

INLINE __m512
store_small (unsigned char *at, uint32_t dtype, __m512 value)
{
  const bool e4m3 = dtype == FMTCONV_F8_E4M3;
  const __m512i codes = e4m3 ? round_small (value, 3, 7, 0x7e) : round_small (value, 2, 15, 0x7c);
  const __m256i half = _mm512_cvtepi32_epi16 (codes);
  _mm_storeu_si128 ((__m128i *) (void *) at, _mm512_cvtepi32_epi8 (codes));
  return e4m3 ? _mm512_castsi512_ps (e4m3_value (codes)) : _mm512_cvtph_ps (_mm256_slli_epi16 (half, 8));
}

INLINE __m512
load (const unsigned char *at, uint32_t dtype)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return load_small (at, dtype);
  if (dtype == FMTCONV_F32)
    return _mm512_loadu_ps (at);
  const __m256i half = _mm256_loadu_si256 ((const __m256i *) (const void *) at);
  if (dtype == FMTCONV_F16)
    return _mm512_cvtph_ps (half);
  return _mm512_castsi512_ps (_mm512_slli_epi32 (_mm512_cvtepu16_epi32 (half), 16));
}

/* Rounds to bf16, in the upper halves of the result.  The processor's conversion would flush subnormals. */
INLINE __m512i
round_bf16 (__m512 value, uint32_t nan)
{
  const __m512i bits = _mm512_castps_si512 (value);
  const __m512i odd = _mm512_and_si512 (_mm512_srli_epi32 (bits, 16), _mm512_set1_epi32 (1));
  const __m512i up = _mm512_add_epi32 (bits, _mm512_add_epi32 (odd, _mm512_set1_epi32 (0x7fff)));
  const __mmask16 is_nan = _mm512_cmp_ps_mask (value, value, _CMP_UNORD_Q);
  const __m512i number = _mm512_mask_mov_epi32 (up, is_nan, _mm512_set1_epi32 ((int) (nan << 16)));
  return _mm512_and_si512 (number, _mm512_set1_epi32 ((int) 0xffff0000));
}

/* Stores the rounded values, and returns them decoded. */
INLINE __m512
store (unsigned char *at, uint32_t dtype, __m512 value, uint32_t nan)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return store_small (at, dtype, value);
  if (dtype == FMTCONV_F32)
    {
      _mm512_storeu_ps (at, value);
      return value;
    }
  if (dtype == FMTCONV_F16)
    {
      const __m256i half = _mm512_cvtps_ph (value, _MM_FROUND_TO_NEAREST_INT);
      _mm256_storeu_si256 ((__m256i *) (void *) at, half);
      return _mm512_cvtph_ps (half);
    }
  const __m512i rounded = round_bf16 (value, nan);
  const __m256i packed = _mm512_cvtepi32_epi16 (_mm512_srli_epi32 (rounded, 16));
  _mm256_storeu_si256 ((__m256i *) (void *) at, packed);
  return _mm512_castsi512_ps (rounded);
}

INLINE uint64_t
count_bits (__mmask16 mask)
{
  return (uint64_t) __builtin_popcount (mask);
}

/* Returns the lanes of finite numbers that become infinite or, in E4M3, are above 464, where it saturates. */
INLINE __mmask16
overflows (__m512 before, __mmask16 changed, __mmask16 inf, uint32_t dtype)
{
  const __m512i size = _mm512_and_si512 (_mm512_castps_si512 (before), _mm512_set1_epi32 (0x7fffffff));
  const __mmask16 finite = _mm512_cmplt_epi32_mask (size, _mm512_set1_epi32 (0x7f800000));
  const __m512i limit = _mm512_set1_epi32 (0x43e80000);
  return dtype == FMTCONV_F8_E4M3 ? _mm512_mask_cmpgt_epi32_mask (finite, size, limit) : changed & inf;
}

INLINE void
count (counters *sums, __m512 before, __m512 after, uint32_t dtype)
{
  const __m512i magnitude = _mm512_set1_epi32 (0x7fffffff);
  const __m512i infinity = _mm512_set1_epi32 (0x7f800000);
  const __m512i normal = _mm512_set1_epi32 (fci_fast_smallest_normal (dtype));
  const __m512i size = _mm512_and_si512 (_mm512_castps_si512 (after), magnitude);
  const __mmask16 inf = _mm512_cmpeq_epi32_mask (size, infinity);
  sums->inf += count_bits (inf);
  sums->nan += count_bits (_mm512_cmpgt_epi32_mask (size, infinity));
  sums->normal += count_bits (_mm512_cmpge_epi32_mask (size, normal));
  if (dtype == FMTCONV_F32)
    return;
  const __mmask16 changed = _mm512_cmp_ps_mask (before, after, _CMP_NEQ_OQ);
  sums->inexact += count_bits (changed);
  sums->overflow += count_bits (overflows (before, changed, inf, dtype));
  sums->underflow += count_bits (_mm512_mask_cmplt_epi32_mask (changed, size, normal));
}

INLINE __m512
all_lanes (float value)
{
  return _mm512_set1_ps (value);
}

INLINE __m512
times (__m512 value, __m512 factor)
{
  return _mm512_mul_ps (value, factor);
}

INLINE __m512
divided (__m512 value, __m512 factor)
{
  return _mm512_div_ps (value, factor);
}

/* Masks are counted at once. */
INLINE uint64_t
sum (uint64_t lanes)
{
  return lanes;
}

#include "core/kernel/fast_frame.h"

#define AS(name) name##_avx512
#define TABLE fci_fast_avx512
#include "core/kernel/fast_table.h"

#endif
