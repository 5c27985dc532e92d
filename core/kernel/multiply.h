/* core/kernel/multiply.h: multiplies or divides a row of values by a row of factors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_MULTIPLY_H
#define FCI_KERNEL_MULTIPLY_H

#include <stddef.h>

/* Set values[i] to values[i] · factors[i], or to values[i] / factors[i], in f32.  NaN of a product: the
 * factor's, made quiet, else the value's, else the default NaN of x86; of a quotient: the value's first. */
void fci_row_multiply (float *values, const float *factors, size_t n);
void fci_row_divide (float *values, const float *factors, size_t n);

#endif
