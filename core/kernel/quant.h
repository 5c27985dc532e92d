/* core/kernel/quant.h: ggml's block types and those of plugins, to and from f32, and 4-bit floats.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure functions: no allocation, no lock, no message, no errno; the same bytes on any CPU.  The bytes are those of
 * ggml's reference built without contraction: ggml_quantize_chunk, and the type's to_float. */
#ifndef FCI_KERNEL_QUANT_H
#define FCI_KERNEL_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Return whether the data type (FMTCONV_Q4_0 …) has an encoder or a decoder.  Plain types: false. */
bool fci_quant_can_encode (uint32_t dtype);
bool fci_quant_can_decode (uint32_t dtype);

/* Returns whether it is a type of a plugin: its functions are not the library's. */
bool fci_quant_is_foreign (uint32_t dtype);

/* Returns whether importance weights change the bytes of the type. */
bool fci_quant_uses_importance (uint32_t dtype);

/* Encodes n finite elements, a multiple of the block, to n / block blocks at `out`, at any alignment.  x may be one or
 * several rows, or a part of a row: blocks do not depend on each other.  NaN and infinity give undefined blocks.
 *
 * importance: NULL, or one non-negative number for each of the n elements, which then must be one complete row: the
 * weights of Q4_0, Q4_1, Q5_0 and Q5_1 depend on the mean square of the row.  Other types may ignore it.
 *
 * Blocks of Q4_0, Q4_1 and Q8_0 whose scale has no finite inverse (f32 subnormals) are written as scale 0 and
 * codes 0; ggml's bytes for them are undefined, and decode to the same.
 *
 * Returns NULL, or what a plugin's type says is wrong with the values. */
const char *fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out);

/* Decodes n elements, a multiple of the block, from n / block blocks at any alignment and with any content.
 * The sign of a NaN is undefined. */
void fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out);

#endif
