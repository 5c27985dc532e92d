/* core/kernel/quant/decode_super.c: decodes superblocks to f32.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/decode.h"

const float fci_iq4_values[16] = { FCI_IQ4_VALUES };
const float fci_fp4_values[16] = { FCI_FP4_VALUES };

/* Extracts `bits` bits from bit `shift` of n bytes, a multiple of 8, to codes. */
static void
spread (const uint8_t *from, unsigned n, unsigned shift, unsigned bits, uint8_t *codes)
{
  const uint64_t keep = fci_each_byte * ((1u << bits) - 1);
  for (unsigned j = 0; j < n; j += 8)
    fci_put_codes (codes + j, fci_get_codes (from + j) >> shift & keep);
}

/* As spread, above `place` bits that are there. */
static void
spread_above (const uint8_t *from, unsigned n, unsigned shift, unsigned bits, unsigned iq4_index,
              uint8_t *codes)
{
  const uint64_t keep = fci_each_byte * ((1u << bits) - 1);
  for (unsigned j = 0; j < n; j += 8)
    {
      const uint64_t above = (fci_get_codes (from + j) >> shift & keep) << iq4_index;
      fci_put_codes (codes + j, fci_get_codes (codes + j) | above);
    }
}

static void
unpack_two (const uint8_t qs[64], uint8_t codes[FCI_SUPER])
{
  for (unsigned k = 0; k < 8; k++)
    spread (qs + 32 * (k / 4), 32, 2 * (k % 4), 2, codes + 32 * k);
}

static void
unpack_low_four (const uint8_t qs[128], uint8_t codes[FCI_SUPER])
{
  for (unsigned k = 0; k < 8; k++)
    spread (qs + 32 * (k / 2), 32, 4 * (k % 2), 4, codes + 32 * k);
}

void
fci_decode_q2_k (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q2_k *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      const float d = fci_get_half (b->d), dmin = fci_get_half (b->dmin);
      unpack_two (b->qs, codes);
      for (unsigned j = 0; j < 16; j++)
        scale (codes + 16 * j, 16, 0, d * (float) (b->scales[j] & 15), dmin * (float) (b->scales[j] >> 4),
               out + at + 16 * j);
    }
}

void
fci_decode_q3_k (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q3_k *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      const float d = fci_get_half (b->d);
      unpack_two (b->qs, codes);
      for (unsigned k = 0; k < 8; k++)
        spread_above (b->hmask, 32, k, 1, 2, codes + 32 * k);
      for (unsigned j = 0; j < 16; j++)
        {
          const int low = b->scales[j % 8] >> 4 * (j / 8) & 15;
          const int high = b->scales[8 + j % 4] >> 2 * (j / 4) & 3;
          scale (codes + 16 * j, 16, 4, d * (float) ((low | high << 4) - 32), 0, out + at + 16 * j);
        }
    }
}

/* Scales eight sub-blocks of 32, each with a scale and a minimum. */
static void
scale_eight (fci_scale_fn *scale, const uint8_t codes[FCI_SUPER], const uint8_t scales[12], float d,
             float dmin, float *out)
{
  for (unsigned j = 0; j < 8; j++)
    scale (codes + 32 * j, 32, 0, d * (float) fci_scale_of (scales, j),
           dmin * (float) fci_minimum_of (scales, j), out + 32 * j);
}

void
fci_decode_q4_k (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q4_k *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      unpack_low_four (b->qs, codes);
      scale_eight (scale, codes, b->scales, fci_get_half (b->d), fci_get_half (b->dmin), out + at);
    }
}

void
fci_decode_q5_k (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q5_k *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      unpack_low_four (b->qs, codes);
      for (unsigned k = 0; k < 8; k++)
        spread_above (b->qh, 32, k, 1, 4, codes + 32 * k);
      scale_eight (scale, codes, b->scales, fci_get_half (b->d), fci_get_half (b->dmin), out + at);
    }
}

void
fci_decode_q6_k (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_q6_k *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      const float d = fci_get_half (b->d);
      for (unsigned k = 0; k < 8; k++)
        {
          spread (b->ql + 64 * (k / 4) + 32 * (k % 2), 32, 4 * (k / 2 % 2), 4, codes + 32 * k);
          spread_above (b->qh + 32 * (k / 4), 32, 2 * (k % 4), 2, 4, codes + 32 * k);
        }
      for (unsigned j = 0; j < 16; j++)
        scale (codes + 16 * j, 16, 32, d * (float) (int8_t) b->scales[j], 0, out + at + 16 * j);
    }
}

void
fci_decode_iq4_xs (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  (void) scale;
  const fci_iq4_xs *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      const float d = fci_get_half (b->d);
      const unsigned high = fci_get16 (b->scales_h);
      for (unsigned j = 0; j < 8; j++)
        {
          const int code = (b->scales_l[j / 2] >> 4 * (j % 2) & 15) | (int) (high >> 2 * j & 3) << 4;
          fci_scale_values (b->qs + 16 * j, fci_iq4_values, d * (float) (code - 32), out + at + 32 * j);
        }
    }
}

/* Extracts digit k of `count` bytes with five base-3 digits each: see fci_pack_tq1_0. */
static void
spread_trits (const uint8_t *from, unsigned count, unsigned k, uint8_t *codes)
{
  static const uint8_t powers[5] = { 1, 3, 9, 27, 81 };
  for (unsigned j = 0; j < count; j++)
    codes[j] = (uint8_t) ((uint8_t) (from[j] * powers[k]) * 3 >> 8);
}

void
fci_decode_tq1_0 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_tq1_0 *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      for (unsigned k = 0; k < 5; k++)
        {
          spread_trits (b->qs, 32, k, codes + 32 * k);
          spread_trits (b->qs + 32, 16, k, codes + 160 + 16 * k);
        }
      for (unsigned k = 0; k < 4; k++)
        spread_trits (b->qh, 4, k, codes + 240 + 4 * k);
      scale (codes, FCI_SUPER, 1, fci_get_half (b->d), 0, out + at);
    }
}

void
fci_decode_tq2_0 (fci_scale_fn *scale, const void *blocks, size_t n, float *out)
{
  const fci_tq2_0 *b = blocks;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      unpack_two (b->qs, codes);
      scale (codes, FCI_SUPER, 1, fci_get_half (b->d), 0, out + at);
    }
}
