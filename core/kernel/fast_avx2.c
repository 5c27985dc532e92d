/* core/kernel/fast_avx2.c: conversions between floating-point types, eight at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/fast_loops.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("avx2,f16c")))
#define INLINE static inline __attribute__ ((always_inline, target ("avx2,f16c")))

enum
{
  LANES = 8
};

typedef __m256 floats;

typedef struct counters
{
  __m256i inexact, overflow, underflow, nan, inf, normal;
} counters;

/* Returns `yes` in lanes with a < b (signed), else `no`. */
INLINE __m256i
where_less (__m256i a, __m256i b, __m256i yes, __m256i no)
{
  return _mm256_blendv_epi8 (no, yes, _mm256_cmpgt_epi32 (b, a));
}

INLINE __m256i
e4m3_value (__m256i code)
{
  const __m256i mag = _mm256_and_si256 (code, _mm256_set1_epi32 (0x7f));
  const __m256i sign = _mm256_slli_epi32 (_mm256_srli_epi32 (code, 7), 31);
  const __m256i last_bit = _mm256_set1_epi32 ((127 - 7 - 3 + 1) << 23);
  const __m256i normal = _mm256_add_epi32 (_mm256_slli_epi32 (mag, 20), _mm256_set1_epi32 ((127 - 7) << 23));
  const __m256i subnormal =
      _mm256_castps_si256 (_mm256_mul_ps (_mm256_cvtepi32_ps (mag), _mm256_castsi256_ps (last_bit)));
  const __m256i number = where_less (mag, _mm256_set1_epi32 (8), subnormal, normal);
  return _mm256_or_si256 (sign,
                          where_less (mag, _mm256_set1_epi32 (0x7f), number, _mm256_set1_epi32 (0x7ff00000)));
}

/* Rounds as fci_small_round does; codes above `most` become `most`, NaN becomes 0x7f. */
INLINE __m256i
round_small (__m256 value, int mantissa, int bias, int most)
{
  const int cut = 23 - mantissa;
  const __m256i bits = _mm256_castps_si256 (value);
  const __m256i mag = _mm256_and_si256 (bits, _mm256_set1_epi32 (0x7fffffff));
  const __m256i sign = _mm256_slli_epi32 (_mm256_srli_epi32 (bits, 31), 7);
  const __m256i anchor = _mm256_set1_epi32 ((127 - bias + cut + 1) << 23);
  const __m256 anchored = _mm256_add_ps (_mm256_castsi256_ps (mag), _mm256_castsi256_ps (anchor));
  const __m256i low = _mm256_sub_epi32 (_mm256_castps_si256 (anchored), anchor);
  const __m256i odd = _mm256_and_si256 (_mm256_srli_epi32 (mag, cut), _mm256_set1_epi32 (1));
  const __m256i up = _mm256_add_epi32 (mag, _mm256_add_epi32 (odd, _mm256_set1_epi32 ((1 << (cut - 1)) - 1)));
  const __m256i high =
      _mm256_sub_epi32 (_mm256_srli_epi32 (up, cut), _mm256_set1_epi32 ((127 - bias) << mantissa));
  const __m256i number = where_less (mag, _mm256_set1_epi32 ((127 - bias + 1) << 23), low, high);
  const __m256i held = _mm256_min_epi32 (number, _mm256_set1_epi32 (most));
  const __m256i nan = _mm256_set1_epi32 (0x7f);
  return _mm256_or_si256 (sign, where_less (_mm256_set1_epi32 (0x7f800000), mag, nan, held));
}

INLINE __m256
load_small (const unsigned char *at, uint32_t dtype)
{
  const __m128i codes = _mm_loadl_epi64 ((const __m128i *) (const void *) at);
  if (dtype == FMTCONV_F8_E5M2) /* the upper half of an f16 */
    return _mm256_cvtph_ps (_mm_unpacklo_epi8 (_mm_setzero_si128 (), codes));
  return _mm256_castsi256_ps (e4m3_value (_mm256_cvtepu8_epi32 (codes)));
}

INLINE __m256
store_small (unsigned char *at, uint32_t dtype, __m256 value)
{
  const bool e4m3 = dtype == FMTCONV_F8_E4M3;
  const __m256i codes = e4m3 ? round_small (value, 3, 7, 0x7e) : round_small (value, 2, 15, 0x7c);
  const __m256i halves = _mm256_permute4x64_epi64 (_mm256_packus_epi32 (codes, codes), 0x08);
  const __m128i half = _mm256_castsi256_si128 (halves);
  _mm_storel_epi64 ((__m128i *) (void *) at, _mm_packus_epi16 (half, half));
  return e4m3 ? _mm256_castsi256_ps (e4m3_value (codes)) : _mm256_cvtph_ps (_mm_slli_epi16 (half, 8));
}

INLINE __m256
load (const unsigned char *at, uint32_t dtype)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return load_small (at, dtype);
  if (dtype == FMTCONV_F32)
    return _mm256_loadu_ps ((const float *) (const void *) at);
  const __m128i half = _mm_loadu_si128 ((const __m128i *) (const void *) at);
  if (dtype == FMTCONV_F16)
    return _mm256_cvtph_ps (half);
  return _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_cvtepu16_epi32 (half), 16));
}

/* Rounds to bf16, in the upper halves of the result. */
INLINE __m256i
round_bf16 (__m256 value, uint32_t nan)
{
  const __m256i bits = _mm256_castps_si256 (value);
  const __m256i odd = _mm256_and_si256 (_mm256_srli_epi32 (bits, 16), _mm256_set1_epi32 (1));
  const __m256i up = _mm256_add_epi32 (bits, _mm256_add_epi32 (odd, _mm256_set1_epi32 (0x7fff)));
  const __m256i is_nan = _mm256_castps_si256 (_mm256_cmp_ps (value, value, _CMP_UNORD_Q));
  const __m256i number = _mm256_blendv_epi8 (up, _mm256_set1_epi32 ((int) (nan << 16)), is_nan);
  return _mm256_and_si256 (number, _mm256_set1_epi32 ((int) 0xffff0000));
}

/* Stores the rounded values, and returns them decoded. */
INLINE __m256
store (unsigned char *at, uint32_t dtype, __m256 value, uint32_t nan)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return store_small (at, dtype, value);
  if (dtype == FMTCONV_F32)
    {
      _mm256_storeu_ps ((float *) (void *) at, value);
      return value;
    }
  if (dtype == FMTCONV_F16)
    {
      const __m128i half = _mm256_cvtps_ph (value, _MM_FROUND_TO_NEAREST_INT);
      _mm_storeu_si128 ((__m128i *) (void *) at, half);
      return _mm256_cvtph_ps (half);
    }
  const __m256i rounded = round_bf16 (value, nan);
  const __m256i halves = _mm256_srli_epi32 (rounded, 16);
  const __m256i packed = _mm256_permute4x64_epi64 (_mm256_packus_epi32 (halves, halves), 0x08);
  _mm_storeu_si128 ((__m128i *) (void *) at, _mm256_castsi256_si128 (packed));
  return _mm256_castsi256_ps (rounded);
}

/* Returns the lanes of finite numbers that become infinite or, in E4M3, are above 464, where it saturates. */
INLINE __m256i
overflows (__m256 before, __m256i changed, __m256i inf, uint32_t dtype)
{
  const __m256i size = _mm256_and_si256 (_mm256_castps_si256 (before), _mm256_set1_epi32 (0x7fffffff));
  const __m256i above = _mm256_cmpgt_epi32 (size, _mm256_set1_epi32 (0x43e80000));
  const __m256i finite = _mm256_cmpgt_epi32 (_mm256_set1_epi32 (0x7f800000), size);
  return dtype == FMTCONV_F8_E4M3 ? _mm256_and_si256 (above, finite) : _mm256_and_si256 (changed, inf);
}

INLINE void
count (counters *sums, __m256 before, __m256 after, uint32_t dtype)
{
  const __m256i magnitude = _mm256_set1_epi32 (0x7fffffff);
  const __m256i infinity = _mm256_set1_epi32 (0x7f800000);
  const __m256i normal = _mm256_set1_epi32 (fci_fast_smallest_normal (dtype));
  const __m256i size = _mm256_and_si256 (_mm256_castps_si256 (after), magnitude);
  const __m256i inf = _mm256_cmpeq_epi32 (size, infinity);
  sums->inf = _mm256_sub_epi32 (sums->inf, inf);
  sums->nan = _mm256_sub_epi32 (sums->nan, _mm256_cmpgt_epi32 (size, infinity));
  sums->normal = _mm256_sub_epi32 (
      sums->normal, _mm256_cmpgt_epi32 (size, _mm256_set1_epi32 (fci_fast_smallest_normal (dtype) - 1)));
  if (dtype == FMTCONV_F32)
    return;
  const __m256i changed = _mm256_castps_si256 (_mm256_cmp_ps (before, after, _CMP_NEQ_OQ));
  sums->inexact = _mm256_sub_epi32 (sums->inexact, changed);
  sums->overflow = _mm256_sub_epi32 (sums->overflow, overflows (before, changed, inf, dtype));
  const __m256i small = _mm256_and_si256 (changed, _mm256_cmpgt_epi32 (normal, size));
  sums->underflow = _mm256_sub_epi32 (sums->underflow, small);
}

INLINE uint64_t
sum (__m256i lanes)
{
  uint32_t each[LANES];
  uint64_t total = 0;
  _mm256_storeu_si256 ((__m256i *) (void *) each, lanes);
  for (unsigned i = 0; i < LANES; i++)
    total += each[i];
  return total;
}

INLINE __m256
all_lanes (float value)
{
  return _mm256_set1_ps (value);
}

INLINE __m256
times (__m256 value, __m256 factor)
{
  return _mm256_mul_ps (value, factor);
}

INLINE __m256
divided (__m256 value, __m256 factor)
{
  return _mm256_div_ps (value, factor);
}

#include "core/kernel/fast_frame.h"

#define AS(name) name##_avx2
#define TABLE fci_fast_avx2
#include "core/kernel/fast_table.h"

#endif
