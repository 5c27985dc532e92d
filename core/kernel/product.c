/* core/kernel/product.c: low-rank products, tile by tile, and their addition to rows of elements.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each element is summed over the rank in ascending order, each product rounded before it is added, so that all levels
 * give the same bytes, however elements are grouped. */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/number.h"
#include "core/kernel/product.h"
#include "core/kernel/product_loops.h"

enum
{
  ROWS = 4, /* rows that the portable loop computes at once … */
  LANES = 8 /* … in these columns */
};

/* Computes ROWS × LANES elements. */
static void
small_product (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank,
               bool more)
{
  float sum[ROWS][LANES] = { { 0 } };
  for (unsigned i = 0; more && i < ROWS; i++)
    memcpy (sum[i], out + i * out_row, sizeof sum[i]);
  for (size_t k = 0; k < rank; k++, panel += FCI_PRODUCT_COLUMNS)
    for (unsigned i = 0; i < ROWS; i++)
      {
        const float by = b[i * b_row + k];
        for (unsigned j = 0; j < LANES; j++)
          sum[i][j] += by * panel[j];
      }
  for (unsigned i = 0; i < ROWS; i++)
    memcpy (out + i * out_row, sum[i], sizeof sum[i]);
}

static void
product_portable (float *out, size_t out_row, const float *b, size_t b_row, const float *panel, size_t rank,
                  bool more)
{
  for (unsigned i = 0; i < FCI_PRODUCT_ROWS; i += ROWS)
    for (unsigned j = 0; j < FCI_PRODUCT_COLUMNS; j += LANES)
      small_product (out + i * out_row + j, out_row, b + i * b_row, b_row, panel + j, rank, more);
}

static fci_product_fn *
product_at_this_level (void)
{
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    return fci_product_avx512;
  if (level >= FCI_LEVEL_AVX2)
    return fci_product_avx2;
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    return fci_product_neon;
#endif
  return product_portable;
}

void
fci_product_pack (float *panels, const float *a, size_t columns, size_t rank, size_t k, size_t n)
{
  for (size_t j = 0; j < columns; j += FCI_PRODUCT_COLUMNS)
    {
      const size_t wide = columns - j < FCI_PRODUCT_COLUMNS ? columns - j : FCI_PRODUCT_COLUMNS;
      float *to = panels + j * rank + k * FCI_PRODUCT_COLUMNS;
      for (size_t i = 0; i < n; i++, to += FCI_PRODUCT_COLUMNS)
        {
          memcpy (to, a + i * columns + j, wide * sizeof *to);
          memset (to + wide, 0, (FCI_PRODUCT_COLUMNS - wide) * sizeof *to);
        }
    }
}

void
fci_product_run (float *out, size_t out_row, const float *b, size_t b_row, const float *panels, size_t rank,
                 size_t rows, size_t columns, bool more)
{
  fci_product_fn *const product = product_at_this_level ();
  for (size_t j = 0; j < columns; j += FCI_PRODUCT_COLUMNS)
    for (size_t i = 0; i < rows; i += FCI_PRODUCT_ROWS)
      product (out + i * out_row + j, out_row, b + i * b_row, b_row, panels + j * rank, rank, more);
}

void
fci_row_add (float *values, const float *product, float factor, size_t n)
{
  size_t i = 0;
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    i = fci_add_avx512 (values, product, factor, n);
  else if (level >= FCI_LEVEL_AVX2)
    i = fci_add_avx2 (values, product, factor, n);
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    i = fci_add_neon (values, product, factor, n);
#endif
  for (; i < n; i++)
    values[i] = fci_f32_add (values[i], product[i] * factor);
}
