/* core/kernel/product_avx512.c: low-rank products in blocks of 12 rows and 32 columns.
 * SPDX-License-Identifier: Apache-2.0 */

#ifdef __x86_64__
#include "config.h"

#include "core/kernel/product.h"
#include "core/kernel/product_loops.h"
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl")))
#define EACH_ROW(do) \
  do                 \
  (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11)

enum
{
  LANES = 16
};

_Static_assert(FCI_PRODUCT_ROWS == 12 && FCI_PRODUCT_COLUMNS == 2 * LANES,
               "the unrolled block has this size");

/* Computes a block with two vectors per row: 24 sums and the operands fit the 32 registers. */
TARGET void
fci_product_avx512 (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank,
                    bool more)
{
#define BEGIN(i)                                                                     \
  __m512 low##i = more ? _mm512_loadu_ps (out + i * out_row) : _mm512_setzero_ps (); \
  __m512 high##i = more ? _mm512_loadu_ps (out + i * out_row + LANES) : _mm512_setzero_ps ();
#define ADD(i)                                                    \
  {                                                               \
    const __m512 by = _mm512_set1_ps (b[i * b_row + k]);          \
    low##i = _mm512_add_ps (low##i, _mm512_mul_ps (by, left));    \
    high##i = _mm512_add_ps (high##i, _mm512_mul_ps (by, right)); \
  }
#define END(i)                                  \
  _mm512_storeu_ps (out + i * out_row, low##i); \
  _mm512_storeu_ps (out + i * out_row + LANES, high##i);
  EACH_ROW (BEGIN)
  for (size_t k = 0; k < rank; k++, panel += FCI_PRODUCT_COLUMNS)
    {
      const __m512 left = _mm512_loadu_ps (panel);
      const __m512 right = _mm512_loadu_ps (panel + LANES);
      EACH_ROW (ADD)
    }
  EACH_ROW (END)
}

/* Computes fci_f32_add, sixteen at a time. */
TARGET size_t
fci_add_avx512 (float *values, const float *product, float factor, size_t n)
{
  const __m512 by = _mm512_set1_ps (factor);
  const __m512 quiet = _mm512_castsi512_ps (_mm512_set1_epi32 (0x00400000));
  const __m512 made = _mm512_castsi512_ps (_mm512_set1_epi32 ((int) 0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const __m512 value = _mm512_loadu_ps (values + i);
      const __m512 sum = _mm512_add_ps (value, _mm512_mul_ps (_mm512_loadu_ps (product + i), by));
      const __mmask16 was_nan = _mm512_cmp_ps_mask (value, value, _CMP_UNORD_Q);
      const __m512 nan = _mm512_mask_or_ps (made, was_nan, value, quiet);
      _mm512_storeu_ps (values + i,
                        _mm512_mask_mov_ps (sum, _mm512_cmp_ps_mask (sum, sum, _CMP_UNORD_Q), nan));
    }
  return i;
}

/* Computes fci_f32_result, sixteen at a time. */
TARGET size_t
fci_multiply_avx512 (float *values, const float *factors, size_t n, bool divide)
{
  const __m512 quiet = _mm512_castsi512_ps (_mm512_set1_epi32 (0x00400000));
  const __m512 made = _mm512_castsi512_ps (_mm512_set1_epi32 ((int) 0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const __m512 value = _mm512_loadu_ps (values + i), factor = _mm512_loadu_ps (factors + i);
      const __m512 first = divide ? value : factor, second = divide ? factor : value;
      const __m512 result = divide ? _mm512_div_ps (value, factor) : _mm512_mul_ps (value, factor);
      const __mmask16 first_nan = _mm512_cmp_ps_mask (first, first, _CMP_UNORD_Q);
      const __mmask16 second_nan = _mm512_cmp_ps_mask (second, second, _CMP_UNORD_Q);
      const __m512 other = _mm512_mask_or_ps (made, second_nan, second, quiet);
      const __m512 nan = _mm512_mask_or_ps (other, first_nan, first, quiet);
      _mm512_storeu_ps (values + i,
                        _mm512_mask_mov_ps (result, _mm512_cmp_ps_mask (result, result, _CMP_UNORD_Q), nan));
    }
  return i;
}

#endif
