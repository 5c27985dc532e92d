/* core/kernel/absmax.h: the largest magnitude among values.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_ABSMAX_H
#define FCI_KERNEL_ABSMAX_H

#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_INF_BITS = 0x7f800000 /* of f32; those of NaN are larger */
};

/* The bits of the largest magnitude of n values, which are ordered as magnitudes are: FCI_INF_BITS or more where one
 * is infinite or not a number.  0: there are none.  Pure; the order of values does not matter. */
uint32_t fci_absmax (const float *values, size_t n);

#endif
