/* core/kernel/product_loops.h: the innermost loops of low-rank products; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_PRODUCT_LOOPS_H
#define FCI_KERNEL_PRODUCT_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

/* FCI_PRODUCT_ROWS × FCI_PRODUCT_COLUMNS elements at `out`, whose rows are out_row floats apart: the sum over
 * k = 0 … rank-1, in this order, of b[i · b_row + k] · panel[k · FCI_PRODUCT_COLUMNS + j], the product rounded
 * before it is added.  more: begin with what is at `out`, else with 0. */
typedef void fci_product_fn (float *out, size_t out_row, const float *b, size_t b_row, const float *panel,
                             size_t rank, bool more);

/* values[i] + factor · product[i], both rounded, as fci_f32_add says; returns how many of n were done. */
typedef size_t fci_add_fn (float *values, const float *product, float factor, size_t n);

/* values[i] · factors[i], or divided by it, as fci_f32_result says; returns how many of n were done. */
typedef size_t fci_multiply_fn (float *values, const float *factors, size_t n, bool divide);

#ifdef __x86_64__
fci_multiply_fn fci_multiply_avx2;
fci_multiply_fn fci_multiply_avx512;
fci_product_fn fci_product_avx2;
fci_product_fn fci_product_avx512;
fci_add_fn fci_add_avx2;
fci_add_fn fci_add_avx512;
#endif

#endif
