/* core/kernel/decode.h: decodes elements of plain data types to C numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_DECODE_H
#define FCI_KERNEL_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* Decodes n elements of `dtype` to its carrier. */
void fci_decode (uint32_t dtype, const void *row, void *values, size_t n);

/* Returns an element as a double, for tests and statistics; complex: the real part. */
double fci_element (uint32_t dtype, const void *at);

#endif
