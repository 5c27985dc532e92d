/* tests/thirdparty/iqk.c: a plugin of others: iq4_k, a block type of ik_llama.cpp, as a codec.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format as ik_llama.cpp (iqk_quantize.cpp) documents it by its decoder, written anew.  256 elements are 16 groups of 16.
 * A block has 144 bytes: the scale d (f16); 16 bits, one for each group, which of two tables it uses; 4 bytes and 8 bytes,
 * the upper 2 and lower 4 bits of the groups' scales; 128 bytes of codes.  Pairs of groups share 16 bytes: the codes of the
 * first are in the lower halves.  An element is d · (scale - 32) · table[code]. */
#include <fmtconv/plugin.h>
#include <math.h>
#include <string.h>

enum
{
  BLOCK = 256,
  GROUP = 16,
  GROUPS = BLOCK / GROUP,
  BYTES = 144,
  EXTRA = 2,
  HIGH = 4,
  LOW = 8,
  CODES = 16
};

static const int8_t tables[2][16] = {
  { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 },
  { -123, -100, -79, -61, -45, -31, -18, -6, 5, 17, 29, 42, 57, 73, 93, 117 },
};

/* ---- f16 */

static float
float_of_half (const uint8_t *at)
{
  const unsigned half = (unsigned) at[0] | (unsigned) at[1] << 8, exponent = half >> 10 & 31,
                 fraction = half & 1023;
  const float magnitude = exponent == 0    ? ldexpf ((float) fraction, -24)
                          : exponent == 31 ? (fraction ? NAN : INFINITY)
                                           : ldexpf ((float) (fraction + 1024), (int) exponent - 25);
  return half >> 15 ? -magnitude : magnitude;
}

/* Stores a number that is not negative and at most 65504, rounded to nearest even. */
static void
put_half (uint8_t *at, float value)
{
  int exponent;
  frexpf (value, &exponent);
  exponent = value > 0 && exponent > -13 ? exponent : -13;
  /* 11 bits of a normal number; rounding up to 2048 carries into the exponent by the addition. */
  const unsigned fraction = (unsigned) rintf (ldexpf (value, 11 - exponent));
  const unsigned half = fraction < 1024 ? fraction : ((unsigned) (exponent + 13) << 10) + fraction;
  at[0] = (uint8_t) half;
  at[1] = (uint8_t) (half >> 8);
}

/* ---- Decoding */

/* Returns the scale of a group, from -32 to 31. */
static int
scale_of (const uint8_t *block, unsigned group)
{
  const unsigned low = block[LOW + group / 2] >> group % 2 * 4 & 15,
                 high = block[HIGH + group / 4] >> group % 4 * 2 & 3;
  return (int) (high << 4 | low) - 32;
}

static void
decode_block (const uint8_t *block, float *to)
{
  const float d = float_of_half (block);
  const unsigned extra = (unsigned) block[EXTRA] | (unsigned) block[EXTRA + 1] << 8;
  for (unsigned group = 0; group < GROUPS; group++)
    {
      const float scale = d * (float) scale_of (block, group);
      const int8_t *table = tables[extra >> group & 1];
      const uint8_t *codes = block + CODES + group / 2 * GROUP;
      for (unsigned i = 0; i < GROUP; i++)
        to[group * GROUP + i] = scale * (float) table[codes[i] >> group % 2 * 4 & 15];
    }
}

static void
decode (const void *blocks, size_t n, float *to)
{
  const uint8_t *block = blocks;
  for (size_t at = 0; at < n; at += BLOCK, block += BYTES)
    decode_block (block, to + at);
}

/* ---- Encoding: for each group both tables with the scale that maps the largest element to the largest number of the
 * table on its side; then one scale for all. */

struct group
{
  float scale;
  unsigned table;
};

/* Returns the code of the nearest number of a table, the lower one of two. */
static unsigned
nearest (const int8_t *table, float value)
{
  unsigned best = 0;
  for (unsigned i = 1; i < 16; i++)
    if (fabsf (value - (float) table[i]) < fabsf (value - (float) table[best]))
      best = i;
  return best;
}

static float
error_of (const float *values, const float *weights, const int8_t *table, float scale)
{
  float sum = 0;
  for (unsigned i = 0; i < GROUP; i++)
    {
      const float difference = values[i] - scale * (float) table[nearest (table, values[i] / scale)];
      sum += difference * difference * (weights ? weights[i] : 1);
    }
  return sum;
}

static struct group
fit (const float *values, const float *weights)
{
  struct group best = { 0, 0 };
  float largest = 0, least = 0;
  for (unsigned i = 0; i < GROUP; i++)
    if (fabsf (values[i]) > fabsf (largest))
      largest = values[i];
  for (unsigned k = 0; k < 4 && fabsf (largest) > 1e-30F; k++)
    {
      const int8_t *table = tables[k / 2];
      const float scale = largest / (float) table[k % 2 ? 0 : 15],
                  error = error_of (values, weights, table, scale);
      if (k == 0 || error < least)
        {
          least = error;
          best = (struct group){ scale, k / 2 };
        }
    }
  return best;
}

static void
put_group (uint8_t *block, unsigned group, const struct group *g, float d, const float *values)
{
  float wanted = d > 0 ? rintf (g->scale / d) : 0;
  wanted = wanted < -32 ? -32 : wanted > 31 ? 31 : wanted;
  const unsigned stored = (unsigned) ((int) wanted + 32);
  const float scale = d * wanted;
  block[LOW + group / 2] |= (uint8_t) ((stored & 15) << group % 2 * 4);
  block[HIGH + group / 4] |= (uint8_t) (stored >> 4 << group % 4 * 2);
  block[EXTRA + group / 8] |= (uint8_t) (g->table << group % 8);
  for (unsigned i = 0; i < GROUP; i++)
    {
      const unsigned code = fabsf (scale) > 0 ? nearest (tables[g->table], values[i] / scale) : 0;
      block[CODES + group / 2 * GROUP + i] |= (uint8_t) (code << group % 2 * 4);
    }
}

static const char *
encode (const float *values, size_t n, const float *weights, void *blocks)
{
  uint8_t *block = blocks;
  for (size_t at = 0; at < n; at += BLOCK, block += BYTES)
    {
      struct group groups[GROUPS];
      float largest = 0;
      for (unsigned i = 0; i < GROUPS; i++)
        {
          groups[i] = fit (values + at + i * GROUP, weights ? weights + at + i * GROUP : NULL);
          largest = fabsf (groups[i].scale) > largest ? fabsf (groups[i].scale) : largest;
        }
      memset (block, 0, BYTES);
      if (largest / 31 > 65504)
        return "a value is too large for blocks of iq4_k, whose scale is an f16 number";
      put_half (block, largest / 31);
      const float d = float_of_half (block);
      for (unsigned i = 0; i < GROUPS; i++)
        put_group (block, i, &groups[i], d, values + at + i * GROUP);
    }
  return NULL;
}

static const fmtconv_block_type iq4_k =
    FMTCONV_BLOCK_TYPE (.name = "iq4_k", .block = BLOCK, .block_bytes = BYTES, .gguf = 139,
                        .uses_importance = 1, .decode = decode, .encode = encode);

FMTCONV_PLUGIN (iqk, .name = "iqk", .summary = "iq4_k, a block type of ik_llama.cpp",
                .codec = FMTCONV_BLOCK_CODEC (.types = (const fmtconv_block_type *const[]){ &iq4_k, NULL }));
