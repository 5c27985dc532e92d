/* core/kernel/quant.h: blocks of ggml's types from f32 and back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_QUANT_H
#define FCI_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is there a function for this type? */
bool fci_quant_can_encode (uint32_t dtype);
bool fci_quant_can_decode (uint32_t dtype);

/* n finite values, whole blocks of one row, as ggml's reference encoder stores them.  importance: n weights, then
 * the row must be whole; NULL: none. */
void fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out);

/* n values of whole blocks. */
void fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out);

#endif
