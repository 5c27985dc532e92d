/* core/kernel/quant/fp4.c: scales of the 4-bit floating-point types.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/superblock.h"
#include <float.h>
#include <math.h>

/* Returns floor (log2 (size)) as log2f gives it: numbers just below a power of two round up to it.  The width
 * of that range, in units of 2^-24, follows from the spacing of floats near the exponent: 88 at 128, half at
 * half of it. */
static int
floor_of_log2 (float size)
{
  int above;
  const float fraction = frexpf (size, &above);
  const int gap = (int) (0x1p24f - fraction * 0x1p24f);
  const int distance = above > 0 ? above - 1 : -above;
  const int rounds_up = distance > 0 ? 88 >> (7 - ilogb (distance)) : 0;
  return gap <= rounds_up ? above : above - 1;
}

/* Stores the low eight bits of the exponent, which does not fit a byte below 2^-125. */
uint8_t
fci_power_of (float size)
{
  return size > 0 ? (uint8_t) (floor_of_log2 (size < FLT_MAX ? size : FLT_MAX) - 2 + 127) : 0;
}

float
fci_half_power (uint8_t power)
{
  return fci_f32_of_bits (power < 2 ? 0x00200000u << power : (uint32_t) (power - 1) << 23);
}

float
fci_half_of_e4m3 (uint8_t code)
{
  const uint8_t magnitude = code & 0x7f;
  if (code == 0x7f)
    return 0;
  return fci_f32_of_bits (fci_small_value (magnitude, 3, 7)) * 0.5f;
}
