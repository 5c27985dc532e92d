/* core/kernel/quant.c: blocks of ggml's types from f32 and back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/quant.h"
#include "core/kernel/number.h"
#include <fmtconv/types.h>
#include <math.h>

bool
fci_quant_can_encode (uint32_t dtype)
{
  return dtype == FMTCONV_Q8_0 || dtype == FMTCONV_Q4_0;
}

bool
fci_quant_can_decode (uint32_t dtype)
{
  return fci_quant_can_encode (dtype);
}

static void
put_scale (uint8_t *out, float scale)
{
  uint16_t half = fci_f16_of_f32 (fci_f32_bits (scale));
  memcpy (out, &half, sizeof half);
}

static float
get_scale (const uint8_t *in)
{
  uint16_t half;
  memcpy (&half, in, sizeof half);
  return fci_f32_of_bits (fci_f32_of_f16 (half));
}

static void
encode_q8_0 (const float *x, uint8_t *out)
{
  float most = 0;
  for (unsigned i = 0; i < 32; i++)
    most = fabsf (x[i]) > most ? fabsf (x[i]) : most;
  const float d = most / 127, id = d != 0 ? 1 / d : 0;
  put_scale (out, d);
  for (unsigned i = 0; i < 32; i++)
    out[2 + i] = (uint8_t) (int8_t) roundf (x[i] * id);
}

static uint8_t
nibble (float x)
{
  int8_t q = (int8_t) (x + 8.5f);
  return (uint8_t) (q < 15 ? q : 15);
}

static void
encode_q4_0 (const float *x, uint8_t *out)
{
  float most = 0, value = 0;
  for (unsigned i = 0; i < 32; i++)
    if (fabsf (x[i]) > most)
      {
        most = fabsf (x[i]);
        value = x[i];
      }
  const float d = value / -8, id = d != 0 ? 1 / d : 0;
  put_scale (out, d);
  for (unsigned i = 0; i < 16; i++)
    out[2 + i] = (uint8_t) (nibble (x[i] * id) | nibble (x[i + 16] * id) << 4);
}

void
fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out)
{
  uint8_t *to = out;
  (void) importance;
  for (size_t i = 0; i < n; i += 32, to += dtype == FMTCONV_Q8_0 ? 34 : 18)
    dtype == FMTCONV_Q8_0 ? encode_q8_0 (x + i, to) : encode_q4_0 (x + i, to);
}

void
fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out)
{
  const uint8_t *from = blocks;
  for (size_t i = 0; i < n; i += 32, from += dtype == FMTCONV_Q8_0 ? 34 : 18)
    for (unsigned k = 0; k < 32; k++)
      if (dtype == FMTCONV_Q8_0)
        out[i + k] = (float) (int8_t) from[2 + k] * get_scale (from);
      else
        out[i + k] = (float) ((int) (from[2 + k % 16] >> (k / 16 * 4) & 15) - 8) * get_scale (from);
}
