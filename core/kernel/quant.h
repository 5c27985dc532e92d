/* core/kernel/quant.h: ggml's block types, to and from f32, and floats of four bits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions: no allocation, no lock, no message, no errno; the same bytes on any CPU.  They are those of
 * ggml's reference built without contraction: ggml_quantize_chunk, and the type's to_float. */
#ifndef FCI_KERNEL_QUANT_H
#define FCI_KERNEL_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is there an encoder, a decoder for the data type (FMTCONV_Q4_0 …)?  Plain types: no. */
bool fci_quant_can_encode (uint32_t dtype);
bool fci_quant_can_decode (uint32_t dtype);

/* Does an importance change the bytes of the type? */
bool fci_quant_uses_importance (uint32_t dtype);

/* n elements, a multiple of the block, to out: n / block blocks, at any alignment.  x may be one or several rows,
 * or a part of a row: blocks do not depend on each other.  The numbers are finite; NaN and infinity
 * give blocks without a meaning.
 *
 * importance: NULL, or one number, not below 0, for each of the n elements, which then must be one whole row: the
 * weights of Q4_0, Q4_1, Q5_0 and Q5_1 depend on the mean square of the row.  Types that use none ignore it.
 *
 * Blocks of Q4_0, Q4_1 and Q8_0 whose scale has no finite inverse (f32 subnormals) are written as scale 0 and
 * codes 0; ggml's bytes for them are undefined, and decode to the same. */
void fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out);

/* n elements, a multiple of the block, of n / block blocks at any alignment and with any content; where that makes a
 * NaN, its sign is not defined. */
void fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out);

#endif
