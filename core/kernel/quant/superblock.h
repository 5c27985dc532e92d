/* core/kernel/quant/superblock.h: scales, minima and packing of superblocks of 256 elements; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Scalar code, shared by all levels.  Arrays named weight have the sum of the importance of each sub-block, or are NULL:
 * then a type scales to its largest sub-block, as ggml does without an importance matrix. */
#ifndef FCI_KERNEL_QUANT_SUPERBLOCK_H
#define FCI_KERNEL_QUANT_SUPERBLOCK_H

#include "core/kernel/quant/block.h"

/* Returns ggml's rounding to an integer: exact below 2^22, deterministic beyond. */
static inline int
fci_round_even (float value)
{
  return (int) (fci_f32_bits (value + 12582912.0f) & 0x7fffff) - 0x400000;
}

/* Set the scales of a block from the scale and minimum of its sub-blocks, and the step and offset for the
 * codes of each sub-block: nearest ((x + offset) / step), unless step is 0. */
void fci_scales_q2_k (const float scale[16], const float minimum[16], const float *weight, fci_q2_k *block,
                      float step[16], float offset[16]);
void fci_scales_q3_k (const float scale[16], const float *weight, fci_q3_k *block, float step[16]);
void fci_scales_q4_k (const float scale[8], const float minimum[8], const float *weight, fci_q4_k *block,
                      float step[8], float offset[8]);
void fci_scales_q5_k (const float scale[8], const float minimum[8], const float *weight, fci_q5_k *block,
                      float step[8], float offset[8]);
/* Returns 0 if all scales are 0, so that the block is zeros. */
int fci_scales_q6_k (const float scale[16], fci_q6_k *block, float step[16]);
/* Sets the scales of a block; inverse: 1 / step, or 0. */
void fci_scales_iq4_xs (const float scale[8], fci_iq4_xs *block, float inverse[8]);

/* Return scale or minimum j of the twelve bytes of Q4_K and Q5_K: 0 … 63. */
uint8_t fci_scale_of (const uint8_t packed[12], unsigned j);
uint8_t fci_minimum_of (const uint8_t packed[12], unsigned j);

/* Pack 256 codes of one byte each into the block. */
void fci_pack_q2_k (const uint8_t *codes, fci_q2_k *block);
void fci_pack_q3_k (const uint8_t *codes, fci_q3_k *block);
void fci_pack_q4_k (const uint8_t *codes, fci_q4_k *block);
void fci_pack_q5_k (const uint8_t *codes, fci_q5_k *block);
void fci_pack_q6_k (const uint8_t *codes, fci_q6_k *block);
void fci_pack_iq4_xs (const uint8_t *codes, fci_iq4_xs *block);

/* Pack 32 codes of four or five bits; elements j and j + 16 share a byte. */
void fci_pack_four (const uint8_t *codes, uint8_t qs[16]);
void fci_pack_five (const uint8_t *codes, uint8_t qs[16], uint8_t qh[4]);

void fci_pack_tq1_0 (const uint8_t *codes, fci_tq1_0 *block);
void fci_pack_tq2_0 (const uint8_t *codes, fci_tq2_0 *block);

/* Returns the exponent that MXFP4 stores for a block with this largest magnitude. */
uint8_t fci_power_of (float size);

/* Returns half of the power of two of a stored exponent (E8M0: the exponent less 127). */
float fci_half_power (uint8_t power);

/* Returns half of a scale of NVFP4: E4M3 without sign. */
float fci_half_of_e4m3 (uint8_t code);

/* ---- importance.c: as ggml with an importance matrix. */

/* Computes codes 0 … top of n non-negative numbers by weighted least squares.  Returns their scale. */
float fci_fit_positive (unsigned n, int top, const float *x, const float *weight, uint8_t *codes);

/* Computes codes -top … top - 1, plus top, of n numbers.  Returns their scale. */
float fci_fit_signed (unsigned n, int top, const float *x, const float *weight, uint8_t *codes);

/* Returns Σ x², added in order. */
float fci_square_sum (const float *x, size_t n);

#endif
