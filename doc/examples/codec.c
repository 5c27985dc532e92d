/* example.c: a codec: a block type with one byte for each element, and one scale for 32.
 * SPDX-License-Identifier: Apache-2.0
 *
 * fmtconv-plugin(3) explains every field.  'make check' runs fmtconv test-plugin.  Both functions are pure: they read their
 * arguments, write their result, and do nothing else.
 */
#include <fmtconv/plugin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum
{
  BLOCK = 32,
  BYTES = 4 + BLOCK /* the scale, an f32 in little-endian order, and the codes */
};

static float
get_float (const unsigned char *at)
{
  const uint32_t bits =
      (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
put_float (unsigned char *at, float value)
{
  uint32_t bits;
  memcpy (&bits, &value, sizeof bits);
  for (int i = 0; i < 4; i++)
    at[i] = (unsigned char) (bits >> 8 * i);
}

static void
decode_example (const void *blocks, size_t n, float *to)
{
  const unsigned char *block = (const unsigned char *) blocks;
  for (size_t at = 0; at < n; at += BLOCK, block += BYTES)
    for (size_t i = 0; i < BLOCK; i++)
      to[at + i] = get_float (block) * (float) ((int) block[4 + i] - 128);
}

static const char *
encode_example (const float *values, size_t n, const float *importance, void *blocks)
{
  unsigned char *block = (unsigned char *) blocks;
  (void) importance;
  for (size_t at = 0; at < n; at += BLOCK, block += BYTES)
    {
      float largest = 0;
      for (size_t i = 0; i < BLOCK; i++)
        largest = fabsf (values[at + i]) > largest ? fabsf (values[at + i]) : largest;
      const float scale = largest / 127;
      put_float (block, scale);
      for (size_t i = 0; i < BLOCK; i++)
        block[4 + i] = (unsigned char) (128 + (scale > 0 ? (int) rintf (values[at + i] / scale) : 0));
    }
  return NULL;
}

/* 60000 is the number of every example in GGUF files: replace it here and in example.yaml with a number that no other type
 * has, or with 0 if no GGUF file is to hold the type. */
static const fmtconv_block_type example_type =
    FMTCONV_BLOCK_TYPE (.name = "example_8", .block = BLOCK, .block_bytes = BYTES, .gguf = 60000,
                        .decode = decode_example, .encode = encode_example);

static const fmtconv_block_type *const example_types[] = { &example_type, NULL };

FMTCONV_PLUGIN (example, .name = "example", .summary = "a block type of 8 bits",
                .codec = FMTCONV_BLOCK_CODEC (.types = example_types));
