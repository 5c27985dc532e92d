/* core/kernel/product_neon.c: low-rank products in blocks of 6 rows and 16 columns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/product.h"
#include "core/kernel/product_loops.h"

#if FCI_NEON
#include <arm_neon.h>

#define INLINE static inline __attribute__ ((always_inline))

enum
{
  ROWS = 6,
  LANES = 4,
  VECTORS = 4 /* of a row: the sums and the operands fit the 32 registers */
};

/* Computes a block.  A product is rounded before it is added: not vfmaq_f32. */
INLINE void
block (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank, bool more)
{
  float32x4_t sum[ROWS][VECTORS];
#pragma GCC unroll 6
  for (size_t i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (size_t j = 0; j < VECTORS; j++)
      sum[i][j] = more ? vld1q_f32 (out + i * out_row + j * LANES) : vdupq_n_f32 (0);
  for (size_t k = 0; k < rank; k++, panel += FCI_PRODUCT_COLUMNS)
    {
      const float32x4_t right[VECTORS] = { vld1q_f32 (panel), vld1q_f32 (panel + LANES),
                                           vld1q_f32 (panel + 2 * LANES), vld1q_f32 (panel + 3 * LANES) };
#pragma GCC unroll 6
      for (size_t i = 0; i < ROWS; i++)
        {
          const float32x4_t by = vdupq_n_f32 (b[i * b_row + k]);
#pragma GCC unroll 4
          for (size_t j = 0; j < VECTORS; j++)
            sum[i][j] = vaddq_f32 (sum[i][j], vmulq_f32 (by, right[j]));
        }
    }
#pragma GCC unroll 6
  for (size_t i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (size_t j = 0; j < VECTORS; j++)
      vst1q_f32 (out + i * out_row + j * LANES, sum[i][j]);
}

void
fci_product_neon (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank,
                  bool more)
{
  for (unsigned i = 0; i < FCI_PRODUCT_ROWS; i += ROWS)
    for (unsigned j = 0; j < FCI_PRODUCT_COLUMNS; j += VECTORS * LANES)
      block (out + i * out_row + j, out_row, b + i * b_row, b_row, panel + j, rank, more);
}

INLINE float32x4_t
quiet (float32x4_t nan)
{
  return vreinterpretq_f32_u32 (vorrq_u32 (vreinterpretq_u32_f32 (nan), vdupq_n_u32 (0x00400000)));
}

/* Returns `value` in lanes that are numbers, else `other`. */
INLINE float32x4_t
unless_nan (float32x4_t value, float32x4_t other)
{
  return vbslq_f32 (vceqq_f32 (value, value), value, other);
}

/* Computes fci_f32_add, four at a time. */
size_t
fci_add_neon (float *values, const float *product, float factor, size_t n)
{
  const float32x4_t by = vdupq_n_f32 (factor), made = vreinterpretq_f32_u32 (vdupq_n_u32 (0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const float32x4_t value = vld1q_f32 (values + i);
      const float32x4_t sum = vaddq_f32 (value, vmulq_f32 (vld1q_f32 (product + i), by));
      const float32x4_t nan = vbslq_f32 (vceqq_f32 (value, value), made, quiet (value));
      vst1q_f32 (values + i, unless_nan (sum, nan));
    }
  return i;
}

/* Computes fci_f32_result, four at a time. */
size_t
fci_multiply_neon (float *values, const float *factors, size_t n, bool divide)
{
  const float32x4_t made = vreinterpretq_f32_u32 (vdupq_n_u32 (0xffc00000));
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    {
      const float32x4_t value = vld1q_f32 (values + i), factor = vld1q_f32 (factors + i);
      const float32x4_t first = divide ? value : factor, second = divide ? factor : value;
      const float32x4_t result = divide ? vdivq_f32 (value, factor) : vmulq_f32 (value, factor);
      const float32x4_t other = vbslq_f32 (vceqq_f32 (second, second), made, quiet (second));
      const float32x4_t nan = vbslq_f32 (vceqq_f32 (first, first), other, quiet (first));
      vst1q_f32 (values + i, unless_nan (result, nan));
    }
  return i;
}

#endif
