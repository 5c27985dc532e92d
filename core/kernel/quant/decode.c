/* core/kernel/quant/decode.c: decodes simple blocks to f32, and has the table of all decoders.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/decode.h"

/* Unpacks 32 codes of four bits. */
static void
unpack_four (const uint8_t qs[16], uint8_t codes[FCI_BLOCK])
{
  const uint64_t low = fci_each_byte * 15;
  for (unsigned j = 0; j < 16; j += 8)
    {
      fci_put_codes (codes + j, fci_get_codes (qs + j) & low);
      fci_put_codes (codes + j + 16, fci_get_codes (qs + j) >> 4 & low);
    }
}

static void
unpack_five (const uint8_t qs[16], const uint8_t qh[4], uint8_t codes[FCI_BLOCK])
{
  unpack_four (qs, codes);
  for (unsigned j = 0; j < FCI_BLOCK; j += 8)
    {
      /* Byte i keeps bit i of its copy of qh[j / 8]; adding 0x7f carries it into bit 7. */
      const uint64_t bits = fci_each_byte * qh[j / 8] & 0x8040201008040201u;
      const uint64_t set = (bits + fci_each_byte * 0x7f) & fci_each_byte * 0x80;
      fci_put_codes (codes + j, fci_get_codes (codes + j) | set >> 3);
    }
}

/* Defines a decoder: `unpack` fills 32 codes from the block at b; out = (code - zero) · d - minimum. */
#define DECODE_BLOCKS(type, unpack, zero, minimum)                                          \
  static void decode_##type (fci_scale_fn *scale, const void *blocks, size_t n, float *out) \
  {                                                                                         \
    const fci_##type *b = blocks;                                                           \
    uint8_t codes[FCI_BLOCK];                                                               \
    for (size_t at = 0; at < n; at += FCI_BLOCK, b++)                                       \
      {                                                                                     \
        unpack;                                                                             \
        scale (codes, FCI_BLOCK, zero, fci_get_half (b->d), minimum, out + at);             \
      }                                                                                     \
  }

DECODE_BLOCKS (q4_0, unpack_four (b->qs, codes), 8, 0)
DECODE_BLOCKS (q4_1, unpack_four (b->qs, codes), 0, -fci_get_half (b->m))
DECODE_BLOCKS (q5_0, unpack_five (b->qs, b->qh, codes), 16, 0)
DECODE_BLOCKS (q5_1, unpack_five (b->qs, b->qh, codes), 0, -fci_get_half (b->m))

static void
decode_q8_0 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q8_0 *b = blocks;
  uint8_t codes[FCI_BLOCK];
  for (size_t at = 0; at < n; at += FCI_BLOCK, b++)
    {
      for (unsigned j = 0; j < FCI_BLOCK; j += 8)
        fci_put_codes (codes + j, fci_get_codes (b->qs + j) ^ fci_each_byte * 0x80);
      scale (codes, FCI_BLOCK, 128, fci_get_half (b->d), 0, out + at);
    }
}

static void
decode_iq4_nl (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_iq4_nl *b = blocks;
  for (size_t at = 0; at < n; at += FCI_BLOCK, b++)
    fci_scale_values (b->qs, fci_iq4_values, fci_get_half (b->d), out + at);
}

static void
decode_mxfp4 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_mxfp4 *b = blocks;
  for (size_t at = 0; at < n; at += FCI_BLOCK, b++)
    fci_scale_values (b->qs, fci_fp4_values, fci_half_power (b->e), out + at);
}

/* Decodes four groups of sixteen, each with an E4M3 scale.  The sign of the scale is ignored, and 0x7f is 0
 * as in ggml; scales are halved, because the values are doubled. */
static void
decode_nvfp4 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_nvfp4 *b = blocks;
  for (size_t at = 0; at < n; at += 64, b++)
    for (unsigned group = 0; group < 4; group++)
      {
        const float d = fci_half_of_e4m3 (b->d[group]);
        const uint8_t *qs = b->qs + 8 * group;
        float *to = out + at + 16 * group;
        for (unsigned j = 0; j < 8; j++)
          {
            to[j] = fci_fp4_values[qs[j] & 15] * d;
            to[j + 8] = fci_fp4_values[qs[j] >> 4] * d;
          }
      }
}

static void
decode_q1_0 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_q1_0 *b = blocks;
  for (size_t at = 0; at < n; at += 128, b++)
    {
      const float d = fci_get_half (b->d);
      for (unsigned j = 0; j < 128; j++)
        out[at + j] = fci_negate_if (d, ~b->qs[j / 8] >> j % 8 & 1);
    }
}

static void
decode_q2_0 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_q2_0 *b = blocks;
  for (size_t at = 0; at < n; at += 64, b++)
    {
      const float d = fci_get_half (b->d);
      for (unsigned j = 0; j < 64; j++)
        out[at + j] = (float) ((b->qs[j / 4] >> 2 * (j % 4) & 3) - 1) * d;
    }
}

fci_decode_fn *const fci_quant_decoders[FCI_QUANT_TYPES] = {
  [2] = decode_q4_0,         [3] = decode_q4_1,        [6] = decode_q5_0,         [7] = decode_q5_1,
  [8] = decode_q8_0,         [10] = fci_decode_q2_k,   [11] = fci_decode_q3_k,    [12] = fci_decode_q4_k,
  [13] = fci_decode_q5_k,    [14] = fci_decode_q6_k,   [16] = fci_decode_iq2_xxs, [17] = fci_decode_iq2_xs,
  [18] = fci_decode_iq3_xxs, [19] = fci_decode_iq1_s,  [20] = decode_iq4_nl,      [21] = fci_decode_iq3_s,
  [22] = fci_decode_iq2_s,   [23] = fci_decode_iq4_xs, [29] = fci_decode_iq1_m,   [34] = fci_decode_tq1_0,
  [35] = fci_decode_tq2_0,   [39] = decode_mxfp4,      [40] = decode_nvfp4,       [41] = decode_q1_0,
  [42] = decode_q2_0,
};
