/* core/kernel/carrier.h: rows of elements to and from carriers, and what is counted; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `dtype` is never complex here: a complex row is a row of twice as many parts.  Carrier arrays are
 * aligned and hold 8 bytes an element; rows of elements may be unaligned.  No two arguments overlap. */
#ifndef FCI_KERNEL_CARRIER_H
#define FCI_KERNEL_CARRIER_H

#include "core/kernel/dtype.h"
#include "core/kernel/kernel.h"

/* n elements of `dtype` into its carrier. */
void fci_decode (uint32_t dtype, const void *row, void *values, size_t n);

/* n values into elements of `dtype`.  bf16_nan: the bits of every bf16 NaN; work: carriers that are
 * overwritten. */
void fci_encode (fci_carrier carrier, const void *values, uint32_t dtype, uint16_t bf16_nan, void *row,
                 size_t n, void *work);

/* Carrier values as f32: `values` itself where they are, else in `work`. */
const float *fci_as_f32 (fci_carrier carrier, const void *values, size_t n, void *work);

/* Count what rounding n values to `dtype` did.  result: the elements made of them, decoded again. */
void fci_count (fci_carrier carrier, const void *values, uint32_t dtype, const void *result, size_t n,
                fci_tally *tally);

#endif
