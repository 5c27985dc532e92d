/* core/kernel/quant/decode.h: blocks to f32, by ggml's type number; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_QUANT_DECODE_H
#define FCI_KERNEL_QUANT_DECODE_H

#include "core/kernel/quant/level.h"
#include "core/kernel/quant/superblock.h"

/* Decodes n elements of complete blocks; scale: that of the level. */
typedef void fci_decode_fn (fci_scale_fn *scale, const void *blocks, size_t n, float *out);

/* Decoders by ggml's type number; NULL: not supported. */
extern fci_decode_fn *const fci_quant_decoders[FCI_QUANT_TYPES];

extern const float fci_iq4_values[16];
extern const float fci_fp4_values[16];

/* ---- decode_super.c */
fci_decode_fn fci_decode_q2_k;
fci_decode_fn fci_decode_q3_k;
fci_decode_fn fci_decode_q4_k;
fci_decode_fn fci_decode_q5_k;
fci_decode_fn fci_decode_q6_k;
fci_decode_fn fci_decode_iq4_xs;
fci_decode_fn fci_decode_tq1_0;
fci_decode_fn fci_decode_tq2_0;

/* ---- decode_grid.c */
fci_decode_fn fci_decode_iq1_s;
fci_decode_fn fci_decode_iq1_m;
fci_decode_fn fci_decode_iq2_xxs;
fci_decode_fn fci_decode_iq2_xs;
fci_decode_fn fci_decode_iq2_s;
fci_decode_fn fci_decode_iq3_xxs;
fci_decode_fn fci_decode_iq3_s;

/* Returns the value, negated if `negative`, without a branch, as signs are random. */
static inline float
fci_negate_if (float value, unsigned negative)
{
  return fci_f32_of_bits (fci_f32_bits (value) ^ (uint32_t) negative << 31);
}

/* Decodes 32 codes of four bits by a table of values; elements j and j + 16 share a byte. */
static inline void
fci_scale_values (const uint8_t qs[16], const float values[16], float scale, float *out)
{
  for (unsigned j = 0; j < 16; j++)
    {
      out[j] = values[qs[j] & 15] * scale;
      out[j + 16] = values[qs[j] >> 4] * scale;
    }
}

#endif
