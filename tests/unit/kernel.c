/* tests/unit/kernel.c: row programs give torch's bytes (tests/data/kernel/make_vectors.py writes them).
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kernel.h"
#include "core/kernel/decode.h"
#include "core/kernel/row.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void
run_program (const fci_row_program *program, const void *in, void *out, size_t n, fci_tally *tally)
{
  void *scratch = malloc (fci_row_scratch (program));
  cr_assert_null (fci_row_refusal (program), "%s", fci_row_refusal (program));
  fci_row_run (program, in, out, n, scratch, NULL, tally);
  free (scratch);
}

/* Left out by make_vectors.py, because torch contradicts itself for these. */
static bool
left_out (uint32_t from, uint32_t to, const void *at)
{
  const bool is_integer = from >= FMTCONV_U8 && from <= FMTCONV_I64;
  return !is_integer && to == FMTCONV_U32 && !(fabs (fci_element (from, at)) < 0x1p31);
}

/* Returns all codes of `from`, counted up. */
static size_t
count_values (uint32_t from, uint32_t to, unsigned char *codes)
{
  const size_t size = size_of (from);
  const size_t n = (size_t) 1 << (8 * size);
  for (size_t code = 0; code < n; code++)
    {
      uint16_t item = (uint16_t) code;
      memcpy (codes + code * size, &item, size);
      if (left_out (from, to, codes + code * size))
        memset (codes + code * size, 0, size);
    }
  return n;
}

static void
check_all_codes (uint32_t from, uint32_t to, const float *factor, uint32_t crc)
{
  const fci_row_program program = program_of (from, factor, to);
  unsigned char *in = malloc (65536 * 2);
  unsigned char *out = malloc (65536 * 16);
  const size_t n = count_values (from, to, in);
  run_program (&program, in, out, n, NULL);
  cr_expect_eq (crc32 (0, out, (uInt) (n * size_of (to))), crc, "level %d: type %u times %g to type %u",
                fci_kernel_level (), from, factor ? (double) *factor : 1.0, to);
  free (in);
  free (out);
}

Test (kernel, every_code_of_small_types_as_torch)
{
  unsigned from, to, crc;
  char bits[9];
  unsigned lines = 0;
  FILE *file = fopen (TEST_DATA "/exhaustive.txt", "r");
  cr_assert_not_null (file);
  while (fscanf (file, "%u %u %8s %x", &from, &to, bits, &crc) == 4)
    {
      const uint32_t factor_bits = (uint32_t) strtoul (bits, NULL, 16);
      float factor;
      memcpy (&factor, &factor_bits, sizeof factor);
      lines++;
      for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
        {
          fci_kernel_force (level);
          check_all_codes (from, to, bits[0] == '-' ? NULL : &factor, crc);
        }
    }
  cr_expect_eq (lines, 280);
  fclose (file);
}

static void
check_edges (uint32_t from, uint32_t to, const unsigned char *in, const unsigned char *want, uint32_t n)
{
  const fci_row_program program = program_of (from, NULL, to);
  unsigned char out[1024 * 16];
  cr_assert_leq (n, 1024);
  run_program (&program, in, out, n, NULL);
  for (uint32_t i = 0; i < n; i++)
    cr_expect_arr_eq (out + i * size_of (to), want + i * size_of (to), size_of (to),
                      "level %d: type %u to type %u, element %u, about %g", fci_kernel_level (), from, to, i,
                      fci_element (from, in + i * size_of (from)));
}

Test (kernel, edges_of_every_pair_as_torch)
{
  uint32_t head[3];
  unsigned records = 0;
  unsigned char *in = malloc (1024 * 16), *want = malloc (1024 * 16);
  FILE *file = fopen (TEST_DATA "/edges.bin", "rb");
  cr_assert_not_null (file);
  while (fread (head, sizeof head, 1, file) == 1)
    {
      cr_assert_leq (head[2], 1024);
      cr_assert_eq (fread (in, size_of (head[0]), head[2], file), head[2]);
      cr_assert_eq (fread (want, size_of (head[1]), head[2], file), head[2]);
      records++;
      for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
        {
          fci_kernel_force (level);
          check_edges (head[0], head[1], in, want, head[2]);
        }
    }
  cr_expect_eq (records, 146);
  free (in);
  free (want);
  fclose (file);
}

Test (kernel, refuses_what_has_no_meaning)
{
  const float two = 2, nan = NAN, infinite = INFINITY;
  fci_row_program program = program_of (FMTCONV_C64, NULL, FMTCONV_F32);
  cr_expect_str_eq (fci_row_refusal (&program), "complex numbers cannot become real");
  program = program_of (FMTCONV_C64, &two, FMTCONV_C64);
  cr_expect_str_eq (fci_row_refusal (&program), "complex numbers cannot be scaled");
  program = program_of (FMTCONV_I32, &two, FMTCONV_F32);
  cr_expect_str_eq (fci_row_refusal (&program), "integers and booleans cannot be scaled");
  program = program_of (FMTCONV_BOOL, &two, FMTCONV_F32);
  cr_expect_not_null (fci_row_refusal (&program));
  program = program_of (FMTCONV_F32, &nan, FMTCONV_F32);
  cr_expect_str_eq (fci_row_refusal (&program), "the factor is not a finite number");
  program = program_of (FMTCONV_F32, &infinite, FMTCONV_F32);
  cr_expect_not_null (fci_row_refusal (&program));
  program = program_of (FMTCONV_F8_E5M2, &two, FMTCONV_C32);
  cr_expect_null (fci_row_refusal (&program));
}

Test (kernel, refuses_what_is_no_program)
{
  fci_row_program program = program_of (0, NULL, FMTCONV_F32);
  cr_expect_not_null (fci_row_refusal (&program));
  program = program_of (64 + 2, NULL, FMTCONV_F32);
  cr_expect_not_null (fci_row_refusal (&program));
  program = program_of (FMTCONV_F32, NULL, FMTCONV_F8_E8M0 + 1);
  cr_expect_not_null (fci_row_refusal (&program));
  program = program_of (FMTCONV_F32, NULL, FMTCONV_F16);
  program.n_steps = 0;
  cr_expect_not_null (fci_row_refusal (&program));
  program.n_steps = FCI_MAX_STEPS + 1;
  cr_expect_not_null (fci_row_refusal (&program));
  program.n_steps = 2;
  program.steps[1] = (fci_step){ .kind = FCI_STEP_SCALE, .factor = 2 };
  cr_expect_str_eq (fci_row_refusal (&program), "the last step does not round to the stored data type");
}

Test (kernel, steps_round_one_after_the_other)
{
  fci_row_program program = { .from = FMTCONV_F32,
                              .n_steps = 4,
                              .steps = { { .kind = FCI_STEP_SCALE, .factor = 3 },
                                         { .kind = FCI_STEP_ROUND, .dtype = FMTCONV_F16 },
                                         { .kind = FCI_STEP_SCALE, .factor = 0.5f },
                                         { .kind = FCI_STEP_ROUND, .dtype = FMTCONV_F64 } } };
  const float in[5] = { 1.0f, 0x1.004p0f, 30000.0f, -0x1p-24f / 3, NAN };
  const double want[4] = { 1.5, 0x1.808p0, INFINITY, -0x1p-25 };
  fci_tally tally[2] = { { 0 }, { 0 } };
  double out[5];
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    {
      memset (tally, 0, sizeof tally);
      fci_kernel_force (level);
      run_program (&program, in, out, 5, tally);
      cr_expect_arr_eq (out, want, sizeof want);
      cr_expect (isnan (out[4]));
      cr_expect_eq (tally[0].inexact, 2, "3.0029… and 90000");
      cr_expect_eq (tally[0].overflow, 1);
      cr_expect_eq (tally[0].nan, 1);
      cr_expect_eq (tally[1].inexact, 0);
      cr_expect_eq (tally[1].inf, 1);
    }
}
