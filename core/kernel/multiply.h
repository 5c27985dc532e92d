/* core/kernel/multiply.h: a row of values times, or divided by, a row of factors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_MULTIPLY_H
#define FCI_KERNEL_MULTIPLY_H

#include <stddef.h>

/* values[i] becomes values[i] · factors[i], or values[i] / factors[i], in f32.  NaN: that of the factor, made
 * quiet, else that of the value, else the NaN of x86; of a quotient that of the value first. */
void fci_row_multiply (float *values, const float *factors, size_t n);
void fci_row_divide (float *values, const float *factors, size_t n);

#endif
