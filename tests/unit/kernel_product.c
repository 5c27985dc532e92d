/* tests/unit/kernel_product.c: products and factors: every level gives the bytes of a plain loop.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/decode.h"
#include "core/kernel/product.h"
#include "core/kernel/row.h"
#include "tests/unit/kernel.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* n numbers of mixed size, both signs. */
static float *
numbers (size_t n, uint64_t *state)
{
  float *all = malloc ((n + 1) * sizeof *all);
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t bits = random_next (state);
      all[i] = ldexpf ((float) (int32_t) bits, (int) (bits >> 40 & 15) - 38);
    }
  return all;
}

static size_t
up (size_t n, size_t to)
{
  return (n + to - 1) / to * to;
}

/* The sum by its definition, each operation rounded. */
static float
plain (const float *b, const float *a, size_t rank, size_t columns, float sum)
{
  for (size_t k = 0; k < rank; k++)
    {
      const volatile float term = b[k] * a[k * columns];
      const volatile float next = sum + term;
      sum = next;
    }
  return sum;
}

/* Computes rows × columns with rank `rank`; in two parts if `cut` is not 0. */
static void
check (size_t rows, size_t columns, size_t rank, size_t cut)
{
  uint64_t state = rows * 7919 + columns * 31 + rank;
  float *b = numbers (up (rows, FCI_PRODUCT_ROWS) * rank, &state), *a = numbers (rank * columns, &state);
  const size_t wide = up (columns, FCI_PRODUCT_COLUMNS), bytes = up (rows, FCI_PRODUCT_ROWS) * wide * 4;
  float *panels = malloc (wide * rank * 4), *out = malloc (bytes);
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    {
      fci_kernel_force (level);
      memset (out, 0xff, bytes);
      for (size_t k = 0, n; k < rank; k += n)
        {
          n = cut && k == 0 ? cut : rank - k;
          fci_product_pack (panels, a + k * columns, columns, n, 0, n / 2);
          fci_product_pack (panels, a + (k + n / 2) * columns, columns, n, n / 2, n - n / 2);
          fci_product_run (out, wide, b + k, rank, panels, n, rows, columns, k > 0);
        }
      for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
          {
            const float want = plain (b + i * rank, a + j, rank, columns, 0);
            cr_assert_arr_eq (&out[i * wide + j], &want, sizeof want,
                              "level %d, [%zu, %zu, %zu] at %zu, %zu: %a instead of %a", level, rows, rank,
                              columns, i, j, (double) out[i * wide + j], (double) want);
          }
    }
  fci_kernel_force (FCI_LEVEL_AUTO);
  free (panels);
  free (out);
  free (a);
  free (b);
}

Test (kernel, products_are_plain_sums)
{
  static const size_t sizes[][3] = { { 1, 1, 1 },    { 12, 32, 4 },  { 13, 33, 7 },  { 5, 31, 128 },
                                     { 24, 64, 16 }, { 37, 97, 50 }, { 11, 200, 3 }, { 100, 8, 33 } };
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t cut = 0; cut < sizes[i][2]; cut += 1 + sizes[i][2] / 3)
      check (sizes[i][0], sizes[i][1], sizes[i][2], cut);
}

/* Addition gives the same for every type at every level, with factors before and after it. */
Test (kernel, sums_through_programs)
{
  enum
  {
    N = 1300
  };
  static const uint32_t types[] = { FMTCONV_F16, FMTCONV_BF16,    FMTCONV_F32,
                                    FMTCONV_F64, FMTCONV_F8_E4M3, FMTCONV_F8_E5M2 };
  uint64_t state = 5;
  float *values = numbers (N, &state), *one = numbers (N, &state), *two = numbers (N, &state);
  const fci_operand operands[] = { { .values = one, .block = 1 }, { .values = two, .block = 1 } };
  unsigned char scratch[64 << 10], in[N * 8], out[N * 8], want[N * 8];
  values[3] = INFINITY;
  one[3] = -INFINITY;
  values[4] = NAN;
  two[5] = -NAN;
  for (unsigned from = 0; from < 6; from++)
    for (unsigned to = 0; to < 6; to++)
      {
        const fci_row_program load = program_of (FMTCONV_F32, NULL, types[from]);
        const fci_row_program back = program_of (types[from], NULL, FMTCONV_F32);
        const fci_row_program save = program_of (FMTCONV_F32, &(float){ 1 }, types[to]);
        const fci_row_program program = { .from = types[from],
                                          .n_steps = 4,
                                          .steps = { { .kind = FCI_STEP_ADD, .factor = 0.75f },
                                                     { .kind = FCI_STEP_SCALE, .factor = -1.1f },
                                                     { .kind = FCI_STEP_ADD, .factor = 3 },
                                                     { .kind = FCI_STEP_ROUND, .dtype = types[to] } } };
        float sums[N];
        cr_assert_null (fci_row_refusal (&program));
        run_program (&load, values, in, N, NULL);
        run_program (&back, in, sums, N, NULL);
        for (size_t i = 0; i < N; i++)
          {
            const volatile float first = one[i] * 0.75f, second = two[i] * 3;
            const volatile float sum = sums[i] + first;
            const volatile float scaled = sum * -1.1f;
            sums[i] = scaled + second;
          }
        fci_tally wanted = { 0 };
        run_program (&save, sums, want, N, &wanted);
        for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
          {
            fci_tally tally = { 0 };
            fci_kernel_force (level);
            fci_row_run (&program, in, out, N, scratch, operands, &tally);
            for (size_t i = 0; i < N; i++)
              {
                const size_t item = size_of (types[to]);
                if (!isnan (sums[i]))
                  cr_assert_arr_eq (out + i * item, want + i * item, item, "%u to %u, level %d, element %zu",
                                    types[from], types[to], level, i);
                else
                  cr_assert (isnan (fci_element (types[to], out + i * item)));
              }
            cr_expect_arr_eq (&tally, &wanted, sizeof tally, "%u to %u, level %d", types[from], types[to],
                              level);
          }
      }
  fci_kernel_force (FCI_LEVEL_AUTO);
  free (values);
  free (one);
  free (two);
}

/* The same bytes and counts at every level, also where adding makes something of nothing. */
Test (kernel, numbers_are_added)
{
  enum
  {
    N = 1111
  };
  static const uint32_t types[] = { FMTCONV_F16, FMTCONV_BF16, FMTCONV_F32, FMTCONV_F64 };
  uint64_t state = 7;
  float *values = numbers (N, &state);
  unsigned char in[N * 8], out[N * 8], want[N * 8];
  for (unsigned i = 0; i < 16; i++)
    {
      const fci_row_program load = program_of (FMTCONV_F32, NULL, types[i % 4]);
      const fci_row_program program = { .from = types[i % 4],
                                        .n_steps = 2,
                                        .steps = { { .kind = FCI_STEP_ADD_SCALAR, .factor = 1 },
                                                   { .kind = FCI_STEP_ROUND, .dtype = types[i / 4] } } };
      fci_tally wanted = { 0 };
      cr_assert_null (fci_row_refusal (&program));
      run_program (&load, values, in, N, NULL);
      fci_kernel_force (FCI_LEVEL_PORTABLE);
      run_program (&program, in, want, N, &wanted);
      for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
        for (size_t n = N; n > N - 40; n--)
          {
            fci_tally tally = { 0 };
            fci_kernel_force (level);
            run_program (&program, in, out, n, &tally);
            cr_expect_arr_eq (out, want, n * size_of (types[i / 4]));
            cr_expect (n < N || memcmp (&tally, &wanted, sizeof tally) == 0);
          }
    }
  fci_kernel_force (FCI_LEVEL_AUTO);
  free (values);
}

/* A NaN's bits do not depend on the level. */
Test (kernel, sums_that_are_not_numbers)
{
  const uint32_t bits[] = { 0x7f812345, 0xffc00001, 0x7f800000, 0x3f800000, 0xff800000 };
  const uint32_t more[] = { 0x3f800000, 0x7fc00000, 0xff800000, 0x7fc12345, 0x7f800000 };
  const uint32_t want[] = { 0x7fc12345, 0xffc00001, 0xffc00000, 0xffc00000, 0xffc00000 };
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    for (size_t n = 1; n < 40; n++)
      {
        uint32_t values[40], products[40];
        for (size_t i = 0; i < n; i++)
          {
            values[i] = bits[i % 5];
            products[i] = more[i % 5];
          }
        fci_kernel_force (level);
        fci_row_add ((float *) (void *) values, (const float *) (const void *) products, 1, n);
        for (size_t i = 0; i < n; i++)
          cr_expect_eq (values[i], want[i % 5], "level %d: %08x", level, values[i]);
      }
  fci_kernel_force (FCI_LEVEL_AUTO);
}

/* One factor for a row, or for each block of any size from any element on: the bytes and counts of a plain
 * loop, NaNs as in torch. */
Test (kernel, factors_are_plain_products)
{
  enum
  {
    LENGTH = 1300
  };
  static const uint64_t blocks[] = { 0, 1, 2, 5, 16, 32, 128, 5000 };
  static const uint32_t froms[] = { FMTCONV_F8_E4M3, FMTCONV_F8_E5M2, FMTCONV_F16,
                                    FMTCONV_F32,     FMTCONV_F8_E8M0, FMTCONV_BF16 };
  static const uint32_t tos[] = { FMTCONV_F32, FMTCONV_BF16, FMTCONV_F16, FMTCONV_F8_E4M3, FMTCONV_F8_E5M2 };
  static uint8_t in[LENGTH * 4];
  static float factors[LENGTH + 8], values[LENGTH];
  static uint8_t want[LENGTH * 4], out[LENGTH * 4];
  for (size_t i = 0; i < sizeof in; i++)
    in[i] = (uint8_t) (i * 151 + i / 256 * 7);
  for (size_t i = 0; i < LENGTH + 8; i++)
    factors[i] = i % 97 == 5 ? NAN : i % 89 == 4 ? 0 : i % 83 == 3 ? INFINITY : (float) (i % 31) * 0.37f - 3;
  for (unsigned b = 0; b < 8 * 6 * 5 * 2; b++)
    {
      const uint64_t block = blocks[b % 8], phase = block > 1 ? block / 3 : 0;
      const uint32_t from = froms[b / 8 % 6], to = tos[b / 48 % 5];
      const bool divide = b / 240;
      const fci_operand operand = { .values = factors, .block = block, .phase = phase };
      const fci_row_program load = program_of (from, NULL, FMTCONV_F32);
      const fci_row_program save = program_of (FMTCONV_F32, &(float){ 1 }, to);
      const fci_row_program program = { .from = from,
                                        .n_steps = 2,
                                        .steps = { { .kind = divide ? FCI_STEP_DIVIDE : FCI_STEP_MULTIPLY },
                                                   { .kind = FCI_STEP_ROUND, .dtype = to } } };
      fci_tally wanted = { 0 };
      uint8_t scratch[1 << 16];
      run_program (&load, in, (uint8_t *) values, LENGTH, NULL);
      for (size_t i = 0; i < LENGTH; i++)
        {
          const volatile float factor = factors[block ? (phase + i) / block : 0], value = values[i];
          const volatile float result = divide ? value / factor : value * factor;
          const uint32_t kept = 0x00400000, made = 0xffc00000;
          uint32_t bits;
          memcpy (&bits,
                  isnan (value) && (divide || !isnan (factor)) ? (const void *) &values[i]
                                                               : (const void *) &factor,
                  4);
          bits |= kept;
          if (isnan (result) && !isnan (value) && !isnan (factor))
            bits = made;
          values[i] = result;
          if (isnan (result))
            memcpy (&values[i], &bits, 4);
        }
      run_program (&save, (const uint8_t *) values, want, LENGTH, &wanted);
      for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
        {
          fci_tally tally = { 0 };
          fci_kernel_force (level);
          fci_row_run (&program, in, out, LENGTH, scratch, &operand, &tally);
          cr_assert_arr_eq (out, want, LENGTH * size_of (to), "%u to %u, block %u, level %d", from, to,
                            (unsigned) block, level);
          cr_assert_arr_eq (&tally, &wanted, sizeof tally);
        }
    }
  fci_kernel_force (FCI_LEVEL_AUTO);
}
