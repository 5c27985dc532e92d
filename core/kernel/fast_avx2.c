/* core/kernel/fast_avx2.c: f16, bf16 and f32 to each other, eight at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/fast.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__ ((target ("avx2,f16c")))
#define INLINE static inline __attribute__ ((always_inline, target ("avx2,f16c")))

enum
{
  LANES = 8
};

typedef struct counters
{
  __m256i inexact, overflow, underflow, nan, inf;
} counters;

INLINE __m256
load (const unsigned char *at, uint32_t dtype)
{
  if (dtype == FMTCONV_F32)
    return _mm256_loadu_ps ((const float *) (const void *) at);
  const __m128i half = _mm_loadu_si128 ((const __m128i *) (const void *) at);
  if (dtype == FMTCONV_F16)
    return _mm256_cvtph_ps (half);
  return _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_cvtepu16_epi32 (half), 16));
}

/* The upper halves of the result are the bf16. */
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

/* Stores what the values become and returns what that means. */
INLINE __m256
store (unsigned char *at, uint32_t dtype, __m256 value, uint32_t nan)
{
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

INLINE void
count (counters *sums, __m256 before, __m256 after, uint32_t dtype)
{
  const __m256i magnitude = _mm256_set1_epi32 (0x7fffffff);
  const __m256i infinity = _mm256_set1_epi32 (0x7f800000);
  const __m256i normal = _mm256_set1_epi32 (dtype == FMTCONV_F16 ? 0x38800000 : 0x00800000);
  const __m256i size = _mm256_and_si256 (_mm256_castps_si256 (after), magnitude);
  const __m256i inf = _mm256_cmpeq_epi32 (size, infinity);
  sums->inf = _mm256_sub_epi32 (sums->inf, inf);
  sums->nan = _mm256_sub_epi32 (sums->nan, _mm256_cmpgt_epi32 (size, infinity));
  if (dtype == FMTCONV_F32)
    return;
  const __m256i changed = _mm256_castps_si256 (_mm256_cmp_ps (before, after, _CMP_NEQ_OQ));
  sums->inexact = _mm256_sub_epi32 (sums->inexact, changed);
  sums->overflow = _mm256_sub_epi32 (sums->overflow, _mm256_and_si256 (changed, inf));
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

INLINE void
step (const unsigned char *in, uint32_t from, unsigned char *out, uint32_t to, bool scaled, __m256 factor,
      counters *sums)
{
  const uint32_t nan = scaled || from == FMTCONV_F32 ? 0xffff : 0x7fc0;
  __m256 value = load (in, from);
  if (scaled)
    value = _mm256_mul_ps (value, factor);
  const __m256 after = store (out, to, value, nan);
  if (sums)
    count (sums, value, after, to);
}

/* The last few elements go through rows that are filled up with zeroes, which count as nothing. */
INLINE void
loop (const unsigned char *in, uint32_t from, unsigned char *out, uint32_t to, size_t n, bool scaled,
      float factor, counters *sums)
{
  const size_t in_size = from == FMTCONV_F32 ? 4 : 2;
  const size_t out_size = to == FMTCONV_F32 ? 4 : 2;
  const __m256 by = _mm256_set1_ps (factor);
  unsigned char last_in[LANES * 4] = { 0 };
  unsigned char last_out[LANES * 4];
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    step (in + i * in_size, from, out + i * out_size, to, scaled, by, sums);
  if (i == n)
    return;
  memcpy (last_in, in + i * in_size, (n - i) * in_size);
  step (last_in, from, last_out, to, scaled, by, sums);
  memcpy (out + i * out_size, last_out, (n - i) * out_size);
}

INLINE void
loop_and_count (const void *in, uint32_t from, void *out, uint32_t to, size_t n, bool scaled, float factor,
                fci_tally *tally)
{
  const __m256i none = _mm256_setzero_si256 ();
  counters sums = { none, none, none, none, none };
  if (!tally)
    {
      loop (in, from, out, to, n, scaled, factor, NULL);
      return;
    }
  loop (in, from, out, to, n, scaled, factor, &sums);
  tally->inexact += sum (sums.inexact);
  tally->overflow += sum (sums.overflow);
  tally->underflow += sum (sums.underflow);
  tally->nan += sum (sums.nan);
  tally->inf += sum (sums.inf);
}

#define AS(name) name##_avx2
#define TABLE fci_fast_avx2
#include "core/kernel/fast_table.h"

#endif
