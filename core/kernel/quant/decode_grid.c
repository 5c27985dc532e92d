/* core/kernel/quant/decode_grid.c: decodes superblocks of lattice points to f32.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/decode.h"
#include "core/kernel/quant/grids.h"

static const float two_bit_values[4] = { 8, 25, 43, 0 };
static const float three_bit_values[8] = { 4, 12, 20, 28, 36, 44, 52, 62 };
static const float odd_values[8] = { 1, 3, 5, 7, 9, 11, 13, 15 };

/* Writes the coordinates of a point times a scale; bit k of `negative`: the sign of coordinate k. */
static void
put_eight (uint16_t point, unsigned negative, float scale, float *out)
{
  for (unsigned k = 0; k < 8; k++)
    {
      const float value = scale * two_bit_values[point >> 2 * k & 3];
      out[k] = fci_negate_if (value, negative >> k & 1);
    }
}

static void
put_four (uint16_t point, const float values[8], unsigned negative, float scale, float *out)
{
  for (unsigned k = 0; k < 4; k++)
    {
      const float value = scale * values[point >> 3 * k & 7];
      out[k] = fci_negate_if (value, negative >> k & 1);
    }
}

/* Returns eight signs from seven; the eighth makes the number of negative signs even. */
static unsigned
even_signs (unsigned seven)
{
  return seven | (unsigned) __builtin_parity (seven) << 7;
}

void
fci_decode_iq2_xxs (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq2_xxs *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      {
        const uint8_t *qs = b->qs + 8 * j;
        const uint32_t rest = fci_get32 (qs + 4);
        const float scale = fci_get_half (b->d) * (0.5f + (float) (rest >> 28)) * 0.25f;
        for (unsigned k = 0; k < 4; k++)
          put_eight (fci_grid_iq2_xxs[qs[k]], even_signs (rest >> 7 * k & 127), scale,
                     out + at + 32 * j + 8 * k);
      }
}

/* Returns the scale of point k (of four) of sub-block j. */
static float
two_bit_scale (const uint8_t d[2], const uint8_t *scales, unsigned j, unsigned k)
{
  return fci_get_half (d) * (0.5f + (float) (scales[j] >> 4 * (k / 2) & 15)) * 0.25f;
}

void
fci_decode_iq2_xs (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq2_xs *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      for (unsigned k = 0; k < 4; k++)
        {
          const unsigned point = fci_get16 (b->qs + 8 * j + 2 * k);
          put_eight (fci_grid_iq2_xs[point & 511], even_signs (point >> 9),
                     two_bit_scale (b->d, b->scales, j, k), out + at + 32 * j + 8 * k);
        }
}

void
fci_decode_iq2_s (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq2_s *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      for (unsigned k = 0; k < 4; k++)
        {
          const unsigned point = b->qs[4 * j + k] | (unsigned) (b->qh[j] >> 2 * k & 3) << 8;
          put_eight (fci_grid_iq2_s[point], b->signs[4 * j + k], two_bit_scale (b->d, b->scales, j, k),
                     out + at + 32 * j + 8 * k);
        }
}

void
fci_decode_iq3_xxs (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq3_xxs *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      {
        const uint32_t rest = fci_get32 (b->signs + 4 * j);
        const float scale = fci_get_half (b->d) * (0.5f + (float) (rest >> 28)) * 0.5f;
        for (unsigned k = 0; k < 8; k++)
          put_four (fci_grid_iq3_xxs[b->qs[8 * j + k]], three_bit_values,
                    even_signs (rest >> 7 * (k / 2) & 127) >> 4 * (k % 2), scale, out + at + 32 * j + 4 * k);
      }
}

void
fci_decode_iq3_s (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq3_s *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      {
        const int code = b->scales[j / 2] >> 4 * (j % 2) & 15;
        const float scale = fci_get_half (b->d) * (float) (1 + 2 * code);
        for (unsigned k = 0; k < 8; k++)
          {
            const unsigned point = b->qs[8 * j + k] | (unsigned) (b->qh[j] >> k & 1) << 8;
            put_four (fci_grid_iq3_s[point], odd_values, b->signs[4 * j + k / 2] >> 4 * (k % 2), scale,
                      out + at + 32 * j + 4 * k);
          }
      }
}

/* Writes coordinates -1, 0, 1, moved by an eighth up or down, times a scale. */
static void
put_moved (uint16_t point, bool down, float scale, float *out)
{
  const float move = down ? -0.125f : 0.125f;
  for (unsigned k = 0; k < 8; k++)
    out[k] = scale * ((float) ((int) (point >> 2 * k & 3) - 1) + move);
}

void
fci_decode_iq1_s (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq1_s *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    for (unsigned j = 0; j < 8; j++)
      {
        const unsigned high = fci_get16 (b->qh + 2 * j);
        const float scale = fci_get_half (b->d) * (float) (2 * (high >> 12 & 7) + 1);
        for (unsigned k = 0; k < 4; k++)
          put_moved (fci_grid_iq1_s[b->qs[4 * j + k] | (high >> 3 * k & 7) << 8], high & 0x8000, scale,
                     out + at + 32 * j + 8 * k);
      }
}

/* Returns the scale of the superblock, from the upper four bits of each pair of scale bytes. */
static float
scale_of_iq1_m (const fci_iq1_m *b)
{
  unsigned half = 0;
  for (unsigned j = 0; j < 4; j++)
    half |= (unsigned) (fci_get16 (b->scales + 2 * j) >> 12) << 4 * j;
  return fci_f32_of_bits (fci_f32_of_f16 ((uint16_t) half));
}

void
fci_decode_iq1_m (fci_scale_fn *scale_codes, const void *blocks, size_t n, float *out)
{
  (void) scale_codes;
  const fci_iq1_m *b = blocks;
  for (size_t at = 0; at < n; at += FCI_SUPER, b++)
    {
      const float d = scale_of_iq1_m (b);
      for (unsigned k = 0; k < 32; k++)
        {
          const unsigned codes = fci_get16 (b->scales + k / 8 * 2) >> 3 * (k / 2 % 4) & 7;
          const unsigned high = b->qh[k / 2] >> 4 * (k % 2) & 15;
          put_moved (fci_grid_iq1_s[b->qs[k] | (high & 7) << 8], high & 8, d * (float) (2 * codes + 1),
                     out + at + 8 * k);
        }
    }
}
