/* core/kernel/product.h: computes low-rank products and adds them to rows.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_PRODUCT_H
#define FCI_KERNEL_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

/* Sets values[i] to values[i] + product[i] · factor, both operations rounded to f32.  NaN: that of the value,
 * made quiet, else the default NaN of x86. */
void fci_row_add (float *values, const float *product, float factor, size_t n);

/* Low-rank products in f32: sums over the rank in ascending order from 0, each product rounded before it is
 * added.  The same bytes on any CPU, except for the bits of NaNs. */
enum
{
  FCI_PRODUCT_ROWS = 12, /* the capacity of the left factor and of the result is a multiple of these rows … */
  FCI_PRODUCT_COLUMNS = 32 /* … and that of the result and of the right factor a multiple of these columns */
};

/* Packs rows k … k+n-1 of the right factor, which has `rank` rows, into panels, from the dense rows at `a`.
 * */
void fci_product_pack (float *panels, const float *a, size_t columns, size_t rank, size_t k, size_t n);

/* Computes rows × columns elements of b · a, a in panels: out[i · out_row + j] from b[i · b_row + k].  more:
 * adds to the values in `out`. */
void fci_product_run (float *out, size_t out_row, const float *b, size_t b_row, const float *panels,
                      size_t rank, size_t rows, size_t columns, bool more);

#endif
