/* core/kernel/decode.h: elements of a plain data type become numbers that C works on.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_DECODE_H
#define FCI_KERNEL_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* n elements of `dtype` into its carrier. */
void fci_decode (uint32_t dtype, const void *row, void *values, size_t n);

/* Element of a dtype as a double, for tests and statistics; complex: the real part. */
double fci_element (uint32_t dtype, const void *at);

#endif
