/* core/kernel/product.h: low-rank products, and what adds them to a row.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_PRODUCT_H
#define FCI_KERNEL_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

/* values[i] becomes values[i] + product[i] · factor, both roundings to f32.  NaN: that of the value, made
 * quiet, else the NaN of x86. */
void fci_row_add (float *values, const float *product, float factor, size_t n);

/* Products of low rank, in f32: sums over the rank in ascending order from 0 on, every product rounded
 * before it is added; but for the bits of NaNs, the same bytes on any CPU. */
enum
{
  FCI_PRODUCT_ROWS = 12,   /* the left factor and the result have room for a multiple of so many rows … */
  FCI_PRODUCT_COLUMNS = 32 /* … and the result's rows, and the right factor, for one of so many columns */
};

/* Rows k … k+n-1 of the right factor of `rank` rows in panels, from the dense rows at `a`. */
void fci_product_pack (float *panels, const float *a, size_t columns, size_t rank, size_t k, size_t n);

/* rows × columns of b · a, a in panels: floats out[i · out_row + j] from b[i · b_row + k].  more: added to what
 * `out` holds. */
void fci_product_run (float *out, size_t out_row, const float *b, size_t b_row, const float *panels,
                      size_t rank, size_t rows, size_t columns, bool more);

#endif
