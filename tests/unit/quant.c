/* tests/unit/quant.c: block types give ggml's bytes and values, on every level.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/quant.h"
#include "core/kernel/crc32.h"
#include "tests/unit/kernel.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  ROW = 256,
  MAX_BYTES = 2 * ROW /* more than any type needs for a row */
};

/* Elements and bytes of a block. */
typedef struct shape
{
  uint32_t dtype;
  unsigned elements, bytes;
} shape;

static const shape encoded[] = {
  { FMTCONV_Q4_0, 32, 18 },   { FMTCONV_Q4_1, 32, 20 },   { FMTCONV_Q5_0, 32, 22 },
  { FMTCONV_Q5_1, 32, 24 },   { FMTCONV_Q8_0, 32, 34 },   { FMTCONV_Q2_K, 256, 84 },
  { FMTCONV_Q3_K, 256, 110 }, { FMTCONV_Q4_K, 256, 144 }, { FMTCONV_Q5_K, 256, 176 },
  { FMTCONV_Q6_K, 256, 210 }, { FMTCONV_IQ4_NL, 32, 18 }, { FMTCONV_IQ4_XS, 256, 136 },
  { FMTCONV_TQ1_0, 256, 54 }, { FMTCONV_TQ2_0, 256, 66 }, { FMTCONV_MXFP4, 32, 17 },
};

static const uint32_t only_decoded[] = { FMTCONV_IQ1_S, FMTCONV_IQ1_M, FMTCONV_IQ2_XXS, FMTCONV_IQ2_XS,
                                         FMTCONV_IQ2_S, FMTCONV_IQ3_S, FMTCONV_IQ3_XXS, FMTCONV_NVFP4,
                                         FMTCONV_Q1_0,  FMTCONV_Q2_0 };

#define COUNT(array) (sizeof (array) / sizeof *(array))

static const shape *
shape_of (uint32_t dtype)
{
  for (size_t i = 0; i < COUNT (encoded); i++)
    if (encoded[i].dtype == dtype)
      return &encoded[i];
  cr_assert_fail ("no shape of %u", dtype);
  return NULL;
}

/* A file of tests/data/quant; its size in *size. */
static void *
file_of (const char *name, size_t *size)
{
  char path[1024];
  snprintf (path, sizeof path, "%s/%s", TEST_DATA, name);
  FILE *file = fopen (path, "rb");
  cr_assert (file && fseek (file, 0, SEEK_END) == 0, "%s", path);
  *size = (size_t) ftell (file);
  rewind (file);
  void *bytes = malloc (*size);
  cr_assert_eq (fread (bytes, 1, *size, file), *size, "%s", path);
  fclose (file);
  return bytes;
}

/* Usual weights, of very different sizes. */
static float *
numbers (size_t n, uint64_t seed)
{
  float *x = malloc (n * sizeof *x);
  for (size_t i = 0; i < n; i++)
    {
      const float sum = (float) (random_next (&seed) >> 40) + (float) (random_next (&seed) >> 40) - 0x1p24f;
      x[i] = sum * 0x1p-28f * (i / 1000 % 3 == 1 ? 1e-5f : 1);
    }
  return x;
}

/* ---- ggml's bytes. */

static void
check_rows (const shape *type, const float *rows, size_t n, const float *importance, const uint32_t *wanted)
{
  const size_t bytes = ROW / type->elements * type->bytes;
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    {
      fci_kernel_force (level);
      for (size_t i = 0; i < n; i++)
        {
          unsigned char out[MAX_BYTES + 2];
          memset (out, 0xa5, sizeof out);
          fci_quant_encode (type->dtype, rows + i * ROW, ROW, importance, out + 1);
          cr_expect_eq (fci_crc32 (0, out + 1, bytes), wanted[i], "type %u, level %d, row %zu", type->dtype,
                        level, i);
          cr_expect (out[0] == 0xa5 && out[bytes + 1] == 0xa5, "type %u, level %d", type->dtype, level);
        }
    }
}

Test (quant, bytes_are_those_of_ggml)
{
  size_t size, importance_size, lines = 0;
  float *rows = file_of ("input.f32", &size), *importance = file_of ("importance.f32", &importance_size);
  const size_t n = size / sizeof (float) / ROW;
  uint32_t *wanted = malloc (n * sizeof *wanted);
  FILE *expected = fopen (TEST_DATA "/expected.txt", "r");
  uint32_t number;
  char kind[16];
  cr_assert (expected && importance_size == ROW * sizeof (float));
  while (fscanf (expected, " encode %u %15s", &number, kind) == 2)
    {
      for (size_t i = 0; i < n; i++)
        cr_assert_eq (fscanf (expected, "%x", &wanted[i]), 1);
      const shape *type = shape_of (FMTCONV_GGML + number);
      check_rows (type, rows, n, strcmp (kind, "weighed") ? NULL : importance, wanted);
      lines++;
    }
  fclose (expected);
  cr_expect_eq (lines, 26);
  free (rows);
  free (importance);
  free (wanted);
}

Test (quant, values_are_those_of_ggml)
{
  static char line[1 << 16], hex[1 << 15];
  static unsigned char blocks[1 << 14];
  static float values[1 << 12];
  FILE *expected = fopen (TEST_DATA "/expected.txt", "r");
  unsigned number, n, crc, lines = 0;
  cr_assert (expected);
  while (fgets (line, sizeof line, expected))
    {
      if (sscanf (line, "decode %u %u %32767s %x", &number, &n, hex, &crc) != 4)
        continue;
      const size_t bytes = strlen (hex) / 2;
      for (size_t i = 0; i < bytes; i++)
        cr_assert_eq (sscanf (hex + 2 * i, "%2hhx", &blocks[i + 1]), 1);
      cr_assert_leq (n, COUNT (values));
      fci_quant_decode (FMTCONV_GGML + number, blocks + 1, n, values);
      cr_expect_eq (fci_crc32 (0, values, n * sizeof *values), crc, "type %u", number);
      lines++;
    }
  fclose (expected);
  cr_expect_eq (lines, 24);
}

/* ggml 0.13 has no Q2_0: one scale, and two bits for -1, 0, 1, 2. */
Test (quant, two_bits)
{
  unsigned char block[18] = { 0x00, 0x38 }; /* 0.5 */
  float values[64];
  for (unsigned i = 0; i < 16; i++)
    block[2 + i] = 0xe4;
  fci_quant_decode (FMTCONV_Q2_0, block, 64, values);
  for (unsigned i = 0; i < 64; i++)
    cr_expect_eq (values[i], ((float) (i % 4) - 1) / 2);
}

/* ---- Laws that ggml does not define */

/* Several blocks at once, at any offset, give the same as one by one. */
Test (quant, blocks_do_not_depend_on_each_other)
{
  const size_t max = 11 * ROW;
  float *x = numbers (max + 1, 7);
  unsigned char *whole = malloc (11 * MAX_BYTES + 2), single[MAX_BYTES];
  for (size_t t = 0; t < COUNT (encoded); t++)
    for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
      for (size_t n = encoded[t].elements; n <= max; n += encoded[t].elements)
        {
          const size_t blocks = n / encoded[t].elements, bytes = encoded[t].bytes;
          fci_kernel_force (level);
          memset (whole, 0xa5, 11 * MAX_BYTES + 2);
          fci_quant_encode (encoded[t].dtype, x + 1, n, NULL, whole + 1);
          fci_quant_encode (encoded[t].dtype, x + 1 + n - encoded[t].elements, encoded[t].elements, NULL,
                            single);
          cr_expect_arr_eq (whole + 1 + (blocks - 1) * bytes, single, bytes,
                            "type %u, level %d, %zu elements", encoded[t].dtype, level, n);
          cr_expect_eq (whole[1 + blocks * bytes], 0xa5, "type %u, level %d", encoded[t].dtype, level);
        }
  free (x);
  free (whole);
}

/* importance: whether each column has an importance. */
static void
check_levels (const shape *type, const float *x, size_t n, const float *importance)
{
  const size_t bytes = n / type->elements * type->bytes;
  unsigned char *portable = malloc (bytes), *out = malloc (bytes);
  fci_kernel_force (FCI_LEVEL_PORTABLE);
  fci_quant_encode (type->dtype, x, n, importance, portable);
  for (int level = FCI_LEVEL_AVX2; level <= FCI_LEVEL_AVX512; level++)
    {
      fci_kernel_force (level);
      fci_quant_encode (type->dtype, x, n, importance, out);
      cr_expect_arr_eq (out, portable, bytes, "type %u, level %d", type->dtype, level);
    }
  free (portable);
  free (out);
}

Test (quant, levels_agree)
{
  const size_t n = 301 * ROW;
  float *x = numbers (n, 11), *importance = numbers (n, 13);
  for (size_t i = 0; i < n; i++)
    importance[i] = importance[i] < 0 ? 0 : importance[i];
  for (size_t t = 0; t < COUNT (encoded); t++)
    {
      check_levels (&encoded[t], x, n, NULL);
      check_levels (&encoded[t], x, n, importance);
    }
  free (x);
  free (importance);
}

/* A type that does not use importance ignores it; the others do not. */
Test (quant, importance_is_used_or_ignored)
{
  float *x = numbers (ROW, 17), importance[ROW];
  unsigned char plain[MAX_BYTES], weighed[MAX_BYTES];
  for (unsigned i = 0; i < ROW; i++)
    importance[i] = (float) (i % 7);
  for (size_t t = 0; t < COUNT (encoded); t++)
    {
      const size_t bytes = ROW / encoded[t].elements * encoded[t].bytes;
      fci_quant_encode (encoded[t].dtype, x, ROW, NULL, plain);
      fci_quant_encode (encoded[t].dtype, x, ROW, importance, weighed);
      cr_expect_eq (memcmp (plain, weighed, bytes) != 0, fci_quant_uses_importance (encoded[t].dtype),
                    "type %u", encoded[t].dtype);
    }
  free (x);
}

/* Decoded values are near to the encoded ones; subnormals become 0. */
Test (quant, round_trip)
{
  float *x = numbers (ROW, 19), tiny[ROW], y[ROW];
  unsigned char out[MAX_BYTES];
  float max = 0;
  for (unsigned i = 0; i < ROW; i++)
    {
      tiny[i] = (float) (int) (i - 128) * 0x1p-149f;
      max = x[i] > max ? x[i] : -x[i] > max ? -x[i] : max;
    }
  for (size_t t = 0; t < COUNT (encoded); t++)
    {
      fci_quant_encode (encoded[t].dtype, x, ROW, NULL, out);
      fci_quant_decode (encoded[t].dtype, out, ROW, y);
      for (unsigned i = 0; i < ROW; i++)
        cr_expect (y[i] - x[i] <= max / 2 && x[i] - y[i] <= max / 2, "type %u: %g for %g", encoded[t].dtype,
                   (double) y[i], (double) x[i]);
      check_levels (&encoded[t], tiny, ROW, NULL);
      fci_quant_encode (encoded[t].dtype, tiny, ROW, NULL, out);
      fci_quant_decode (encoded[t].dtype, out, ROW, y);
      for (unsigned i = 0; i < ROW; i++)
        cr_expect_eq (y[i], 0, "type %u", encoded[t].dtype);
    }
  free (x);
}

/* Values that are not finite: no crash. */
Test (quant, numbers_that_are_not_finite)
{
  static const uint32_t odd[] = { 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0 };
  float x[ROW] = { 0 }, importance[ROW];
  for (size_t t = 0; t < COUNT (encoded); t++)
    for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
      for (unsigned k = 0; k < 36; k++)
        {
          const size_t bytes = ROW / encoded[t].elements * encoded[t].bytes;
          unsigned char out[MAX_BYTES + 1] = { 0 };
          for (unsigned i = 0; i < ROW; i++)
            {
              memcpy (&x[i], &odd[i % 32 == k ? k / 6 : k % 6], sizeof *x);
              importance[i] = x[ROW - 1 - i];
            }
          fci_kernel_force (level);
          fci_quant_encode (encoded[t].dtype, x, ROW, NULL, out);
          fci_quant_encode (encoded[t].dtype, x, ROW, importance, out);
          cr_expect_eq (out[bytes], 0);
        }
}

Test (quant, what_there_is)
{
  for (size_t t = 0; t < COUNT (encoded); t++)
    cr_expect (fci_quant_can_encode (encoded[t].dtype) && fci_quant_can_decode (encoded[t].dtype));
  for (size_t t = 0; t < COUNT (only_decoded); t++)
    cr_expect (!fci_quant_can_encode (only_decoded[t]) && fci_quant_can_decode (only_decoded[t]));
  unsigned encoders = 0, decoders = 0;
  for (uint32_t dtype = 0; dtype < 300; dtype++)
    {
      encoders += fci_quant_can_encode (dtype);
      decoders += fci_quant_can_decode (dtype);
    }
  cr_expect_eq (encoders, COUNT (encoded));
  cr_expect_eq (decoders, COUNT (encoded) + COUNT (only_decoded) + 1); /* and F4_E2M1 */
}
