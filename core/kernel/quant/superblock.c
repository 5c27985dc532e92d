/* core/kernel/quant/superblock.c: scales and minima of superblocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/superblock.h"
#include <math.h>

static float
largest_of (const float *x, unsigned n)
{
  float largest = 0;
  for (unsigned i = 0; i < n; i++)
    if (x[i] > largest)
      largest = x[i];
  return largest;
}

/* Returns the first number with the largest magnitude. */
static float
farthest_of (const float *x, unsigned n)
{
  float largest = 0, number = 0;
  for (unsigned i = 0; i < n; i++)
    if (fabsf (x[i]) > largest)
      {
        largest = fabsf (x[i]);
        number = x[i];
      }
  return number;
}

/* ---- Q2_K: four bits each. */

/* Sets codes to the low byte of x in units of largest / top.  Returns the unit. */
static float
count_in_largest (const float *x, unsigned n, float top, uint8_t *codes)
{
  const float largest = largest_of (x, n);
  const float inverse = largest > 0 ? top / largest : 0;
  for (unsigned i = 0; i < n; i++)
    codes[i] = largest > 0 ? (uint8_t) fci_round_even (inverse * x[i]) : 0;
  return largest / top;
}

void
fci_scales_q2_k (const float scale[16], const float minimum[16], const float *weight, fci_q2_k *block,
                 float step[16], float offset[16])
{
  uint8_t scales[16], minima[16];
  if (weight)
    {
      fci_put_half (block->d, fci_fit_positive (16, 15, scale, weight, scales));
      fci_put_half (block->dmin, fci_fit_positive (16, 15, minimum, weight, minima));
    }
  else
    {
      fci_put_half (block->d, count_in_largest (scale, 16, 15, scales));
      fci_put_half (block->dmin, count_in_largest (minimum, 16, 15, minima));
    }
  const float d = fci_get_half (block->d), dmin = fci_get_half (block->dmin);
  for (unsigned j = 0; j < 16; j++)
    {
      block->scales[j] = (uint8_t) (scales[j] | minima[j] << 4);
      step[j] = d * (float) (block->scales[j] & 15);
      offset[j] = dmin * (float) (block->scales[j] >> 4);
    }
}

/* ---- Q4_K and Q5_K: six bits each. */

uint8_t
fci_scale_of (const uint8_t packed[12], unsigned j)
{
  return j < 4 ? packed[j] & 63 : (uint8_t) ((packed[j + 4] & 15) | packed[j - 4] >> 6 << 4);
}

uint8_t
fci_minimum_of (const uint8_t packed[12], unsigned j)
{
  return j < 4 ? packed[j + 4] & 63 : (uint8_t) (packed[j + 4] >> 4 | packed[j] >> 6 << 4);
}

static void
pack_scales (const uint8_t scales[8], const uint8_t minima[8], uint8_t packed[12])
{
  for (unsigned j = 0; j < 4; j++)
    {
      packed[j] = (uint8_t) (scales[j] | scales[j + 4] >> 4 << 6);
      packed[j + 4] = (uint8_t) (minima[j] | minima[j + 4] >> 4 << 6);
      packed[j + 8] = (uint8_t) ((scales[j + 4] & 15) | (minima[j + 4] & 15) << 4);
    }
}

static float
count_to_63 (const float x[8], uint8_t codes[8])
{
  const float unit = count_in_largest (x, 8, 63, codes);
  for (unsigned j = 0; j < 8; j++)
    codes[j] = codes[j] > 63 ? 63 : codes[j];
  return unit;
}

static void
scales_of_eight (const float scale[8], const float minimum[8], const float *weight, uint8_t half[2][2],
                 uint8_t packed[12], float step[8], float offset[8])
{
  uint8_t scales[8], minima[8];
  const float unit = weight ? fci_fit_positive (8, 63, scale, weight, scales) : count_to_63 (scale, scales);
  const float least =
      weight ? fci_fit_positive (8, 63, minimum, weight, minima) : count_to_63 (minimum, minima);
  fci_put_half (half[0], unit);
  fci_put_half (half[1], least);
  pack_scales (scales, minima, packed);
  const float d = fci_get_half (half[0]), dmin = fci_get_half (half[1]);
  for (unsigned j = 0; j < 8; j++)
    {
      step[j] = d * (float) fci_scale_of (packed, j);
      offset[j] = dmin * (float) fci_minimum_of (packed, j);
    }
}

void
fci_scales_q4_k (const float scale[8], const float minimum[8], const float *weight, fci_q4_k *block,
                 float step[8], float offset[8])
{
  uint8_t half[2][2];
  scales_of_eight (scale, minimum, weight, half, block->scales, step, offset);
  memcpy (block->d, half[0], 2);
  memcpy (block->dmin, half[1], 2);
}

void
fci_scales_q5_k (const float scale[8], const float minimum[8], const float *weight, fci_q5_k *block,
                 float step[8], float offset[8])
{
  uint8_t half[2][2];
  scales_of_eight (scale, minimum, weight, half, block->scales, step, offset);
  memcpy (block->d, half[0], 2);
  memcpy (block->dmin, half[1], 2);
}

/* ---- Q3_K, Q6_K and IQ4_XS: signed. */

static int
held (int low, int value, int high)
{
  return value < low ? low : value > high ? high : value;
}

/* Packs sixteen 6-bit codes, stored plus 32. */
static void
pack_signed (const uint8_t codes[16], uint8_t packed[12])
{
  for (unsigned j = 0; j < 8; j++)
    packed[j] = (uint8_t) ((codes[j] & 15) | (codes[j + 8] & 15) << 4);
  for (unsigned j = 0; j < 4; j++)
    packed[j + 8] =
        (uint8_t) (codes[j] >> 4 | codes[j + 4] >> 4 << 2 | codes[j + 8] >> 4 << 4 | codes[j + 12] >> 4 << 6);
}

void
fci_scales_q3_k (const float scale[16], const float *weight, fci_q3_k *block, float step[16])
{
  uint8_t codes[16];
  const float largest = farthest_of (scale, 16);
  const float inverse = -32.0f / largest;
  float unit = 0;
  memset (codes, 0, sizeof codes);
  if (weight)
    unit = fci_fit_signed (16, 32, scale, weight, codes);
  else if (largest != 0)
    unit = 1 / inverse;
  for (unsigned j = 0; j < 16 && !weight && largest != 0; j++)
    codes[j] = (uint8_t) (held (-32, (int8_t) fci_round_even (inverse * scale[j]), 31) + 32);
  pack_signed (codes, block->scales);
  fci_put_half (block->d, unit);
  const float d = fci_get_half (block->d);
  for (unsigned j = 0; j < 16; j++)
    step[j] = d * (float) ((int) codes[j] - 32);
}

int
fci_scales_q6_k (const float scale[16], fci_q6_k *block, float step[16])
{
  const float largest = farthest_of (scale, 16);
  if (fabsf (largest) < 1e-15f)
    return 0;
  const float inverse = -128.0f / largest;
  fci_put_half (block->d, 1 / inverse);
  const float d = fci_get_half (block->d);
  for (unsigned j = 0; j < 16; j++)
    {
      const int near = fci_round_even (inverse * scale[j]);
      const int8_t code = (int8_t) (near > 127 ? 127 : near);
      block->scales[j] = (uint8_t) code;
      step[j] = d * (float) code;
    }
  return 1;
}

void
fci_scales_iq4_xs (const float scale[8], fci_iq4_xs *block, float inverse[8])
{
  const float d = -farthest_of (scale, 8) / 32;
  const float to_code = d != 0 ? 1 / d : 0;
  uint16_t high = 0;
  fci_put_half (block->d, d);
  for (unsigned j = 0; j < 8; j++)
    {
      const int code = held (-32, fci_round_even (to_code * scale[j]), 31);
      const float step = d * (float) code;
      const uint8_t low = (uint8_t) ((code + 32) & 15);
      inverse[j] = step != 0 ? 1 / step : 0;
      high |= (uint16_t) ((code + 32) >> 4 << 2 * j);
      block->scales_l[j / 2] = j % 2 ? (uint8_t) (block->scales_l[j / 2] | low << 4) : low;
    }
  fci_put16 (block->scales_h, high);
}
