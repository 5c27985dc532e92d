/* core/kernel/quant/superblock.h: what superblocks of 256 elements have beside their codes; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Scalar, the same for every level.  Arrays named weight hold the sum of the importance of every sub-block, or
 * are NULL: then a type scales to its largest sub-block, as ggml does without an importance matrix. */
#ifndef FCI_KERNEL_QUANT_SUPERBLOCK_H
#define FCI_KERNEL_QUANT_SUPERBLOCK_H

#include "core/kernel/quant/block.h"

/* ggml's rounding to a whole number: right below 2^22, and defined beyond it. */
static inline int
fci_round_even (float value)
{
  return (int) (fci_f32_bits (value + 12582912.0f) & 0x7fffff) - 0x400000;
}

/* scale, minimum: of the sub-blocks; written: the block's scales, and what the codes of every sub-block are
 * made with: nearest ((x + offset) / step), unless step is 0. */
void fci_scales_q2_k (const float scale[16], const float minimum[16], const float *weight, fci_q2_k *block,
                      float step[16], float offset[16]);
void fci_scales_q3_k (const float scale[16], const float *weight, fci_q3_k *block, float step[16]);
void fci_scales_q4_k (const float scale[8], const float minimum[8], const float *weight, fci_q4_k *block,
                      float step[8], float offset[8]);
void fci_scales_q5_k (const float scale[8], const float minimum[8], const float *weight, fci_q5_k *block,
                      float step[8], float offset[8]);
/* 0: no sub-block has a scale, and the whole block is zeros. */
int fci_scales_q6_k (const float scale[16], fci_q6_k *block, float step[16]);
/* inverse: 1 / step, or 0. */
void fci_scales_iq4_xs (const float scale[8], fci_iq4_xs *block, float inverse[8]);

/* Scale and minimum j of the twelve bytes of Q4_K and Q5_K: 0 … 63. */
uint8_t fci_scale_of (const uint8_t packed[12], unsigned j);
uint8_t fci_minimum_of (const uint8_t packed[12], unsigned j);

/* 256 codes, a byte each, into the block. */
void fci_pack_q2_k (const uint8_t *codes, fci_q2_k *block);
void fci_pack_q3_k (const uint8_t *codes, fci_q3_k *block);
void fci_pack_q4_k (const uint8_t *codes, fci_q4_k *block);
void fci_pack_q5_k (const uint8_t *codes, fci_q5_k *block);
void fci_pack_q6_k (const uint8_t *codes, fci_q6_k *block);
void fci_pack_iq4_xs (const uint8_t *codes, fci_iq4_xs *block);

/* 32 codes of four bits, and of five: element j and j + 16 share a byte. */
void fci_pack_four (const uint8_t *codes, uint8_t qs[16]);
void fci_pack_five (const uint8_t *codes, uint8_t qs[16], uint8_t qh[4]);

void fci_pack_tq1_0 (const uint8_t *codes, fci_tq1_0 *block);
void fci_pack_tq2_0 (const uint8_t *codes, fci_tq2_0 *block);

/* The exponent that MXFP4 stores for a block whose largest number has this size; and half of two to that power
 * (E8M0: the exponent less 127). */
uint8_t fci_power_of (float size);
float fci_half_power (uint8_t power);

/* Half of a scale of NVFP4: E4M3 without sign. */
float fci_half_of_e4m3 (uint8_t code);

/* ---- importance.c: what ggml does where there is an importance matrix. */

/* Codes 0 … top of n numbers that are not below 0, and their scale, by weighted least squares. */
float fci_fit_positive (unsigned n, int top, const float *x, const float *weight, uint8_t *codes);

/* Codes -top … top - 1, top added, of n numbers. */
float fci_fit_signed (unsigned n, int top, const float *x, const float *weight, uint8_t *codes);

/* Σ x², added in order. */
float fci_square_sum (const float *x, size_t n);

#endif
