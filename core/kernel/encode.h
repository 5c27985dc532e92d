/* core/kernel/encode.h: encodes C numbers to elements of plain data types; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_ENCODE_H
#define FCI_KERNEL_ENCODE_H

#include "core/kernel/dtype.h"
#include <stddef.h>

/* Encodes n values to elements of `dtype`.  bf16_nan: the bits of every bf16 NaN; work: carriers that are
 * overwritten. */
void fci_encode (fci_carrier carrier, const void *values, uint32_t dtype, uint16_t bf16_nan, void *row,
                 size_t n, void *work);

/* Returns carrier values as f32: `values` if the carrier is f32, else `work`. */
const float *fci_as_f32 (fci_carrier carrier, const void *values, size_t n, void *work);

#endif
