/* core/kernel/absmax.h: the largest magnitude among values.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_ABSMAX_H
#define FCI_KERNEL_ABSMAX_H

#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_INF_BITS = 0x7f800000 /* f32 bits of infinity; those of NaN are larger */
};

/* Returns the f32 bits of the largest magnitude of n values; bits have the order of magnitudes.  FCI_INF_BITS
 * or more: a value is infinite or NaN.  n 0: returns 0.  Pure; the order of the values does not matter. */
uint32_t fci_absmax (const float *values, size_t n);

#endif
