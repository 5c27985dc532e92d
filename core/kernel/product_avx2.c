/* core/kernel/product_avx2.c: low-rank products in blocks of 6 rows and 16 columns.
 * SPDX-License-Identifier: Apache-2.0 */

#ifdef __x86_64__
#include "config.h"

#include "core/kernel/product.h"
#include "core/kernel/product_loops.h"
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx2")))
#define INLINE static inline __attribute__ ((always_inline, target ("avx2")))
#define EACH_ROW(do) \
  do                 \
  (0) do(1) do(2) do(3) do(4) do(5)

enum
{
  ROWS = 6,
  LANES = 8
};

/* Computes a block with two vectors per row: twelve sums and the operands fit the sixteen registers. */
INLINE void
block (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank, bool more)
{
#define BEGIN(i)                                                                     \
  __m256 low##i = more ? _mm256_loadu_ps (out + i * out_row) : _mm256_setzero_ps (); \
  __m256 high##i = more ? _mm256_loadu_ps (out + i * out_row + LANES) : _mm256_setzero_ps ();
#define ADD(i)                                                    \
  {                                                               \
    const __m256 by = _mm256_broadcast_ss (b + i * b_row + k);    \
    low##i = _mm256_add_ps (low##i, _mm256_mul_ps (by, left));    \
    high##i = _mm256_add_ps (high##i, _mm256_mul_ps (by, right)); \
  }
#define END(i)                                  \
  _mm256_storeu_ps (out + i * out_row, low##i); \
  _mm256_storeu_ps (out + i * out_row + LANES, high##i);
  EACH_ROW (BEGIN)
  for (size_t k = 0; k < rank; k++, panel += FCI_PRODUCT_COLUMNS)
    {
      const __m256 left = _mm256_loadu_ps (panel);
      const __m256 right = _mm256_loadu_ps (panel + LANES);
      EACH_ROW (ADD)
    }
  EACH_ROW (END)
}

TARGET void
fci_product_avx2 (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank,
                  bool more)
{
  for (unsigned i = 0; i < FCI_PRODUCT_ROWS; i += ROWS)
    for (unsigned j = 0; j < FCI_PRODUCT_COLUMNS; j += 2 * LANES)
      block (out + i * out_row + j, out_row, b + i * b_row, b_row, panel + j, rank, more);
}

/* Computes fci_f32_add, eight at a time. */
TARGET size_t
fci_add_avx2 (float *values, const float *product, float factor, size_t n)
{
  const __m256 by = _mm256_set1_ps (factor);
  const __m256 quiet = _mm256_castsi256_ps (_mm256_set1_epi32 (0x00400000));
  const __m256 made = _mm256_castsi256_ps (_mm256_set1_epi32 ((int) 0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const __m256 value = _mm256_loadu_ps (values + i);
      const __m256 sum = _mm256_add_ps (value, _mm256_mul_ps (_mm256_loadu_ps (product + i), by));
      const __m256 was_nan = _mm256_cmp_ps (value, value, _CMP_UNORD_Q);
      const __m256 nan = _mm256_blendv_ps (made, _mm256_or_ps (value, quiet), was_nan);
      _mm256_storeu_ps (values + i, _mm256_blendv_ps (sum, nan, _mm256_cmp_ps (sum, sum, _CMP_UNORD_Q)));
    }
  return i;
}

/* Computes fci_f32_result, eight at a time. */
TARGET size_t
fci_multiply_avx2 (float *values, const float *factors, size_t n, bool divide)
{
  const __m256 quiet = _mm256_castsi256_ps (_mm256_set1_epi32 (0x00400000));
  const __m256 made = _mm256_castsi256_ps (_mm256_set1_epi32 ((int) 0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const __m256 value = _mm256_loadu_ps (values + i), factor = _mm256_loadu_ps (factors + i);
      const __m256 first = divide ? value : factor, second = divide ? factor : value;
      const __m256 result = divide ? _mm256_div_ps (value, factor) : _mm256_mul_ps (value, factor);
      const __m256 first_nan = _mm256_cmp_ps (first, first, _CMP_UNORD_Q);
      const __m256 second_nan = _mm256_cmp_ps (second, second, _CMP_UNORD_Q);
      const __m256 other = _mm256_blendv_ps (made, _mm256_or_ps (second, quiet), second_nan);
      const __m256 nan = _mm256_blendv_ps (other, _mm256_or_ps (first, quiet), first_nan);
      _mm256_storeu_ps (values + i,
                        _mm256_blendv_ps (result, nan, _mm256_cmp_ps (result, result, _CMP_UNORD_Q)));
    }
  return i;
}

#endif
