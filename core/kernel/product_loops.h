/* core/kernel/product_loops.h: the innermost loops of low-rank products; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_PRODUCT_LOOPS_H
#define FCI_KERNEL_PRODUCT_LOOPS_H

#include "core/kernel/cpu.h"
#include <stdbool.h>
#include <stddef.h>

/* Computes FCI_PRODUCT_ROWS × FCI_PRODUCT_COLUMNS elements at `out`, with rows out_row floats apart: the sum
 * over k = 0 … rank-1, in this order, of b[i · b_row + k] · panel[k · FCI_PRODUCT_COLUMNS + j], each product
 * rounded before it is added.  more: begins with the values in `out`, else with 0. */
typedef void fci_product_fn (float *out, size_t out_row, const float *b, size_t b_row, const float *panel,
                             size_t rank, bool more);

/* Computes values[i] + factor · product[i], both rounded, as fci_f32_add does.  Returns the number of
 * elements done. */
typedef size_t fci_add_fn (float *values, const float *product, float factor, size_t n);

/* Multiplies or divides values[i] by factors[i], as fci_f32_result does.  Returns the number of elements
 * done. */
typedef size_t fci_multiply_fn (float *values, const float *factors, size_t n, bool divide);

#if FCI_NEON
fci_multiply_fn fci_multiply_neon;
fci_product_fn fci_product_neon;
fci_add_fn fci_add_neon;
#endif

#ifdef __x86_64__
fci_multiply_fn fci_multiply_avx2;
fci_multiply_fn fci_multiply_avx512;
fci_product_fn fci_product_avx2;
fci_product_fn fci_product_avx512;
fci_add_fn fci_add_avx2;
fci_add_fn fci_add_avx512;
#endif

#endif
