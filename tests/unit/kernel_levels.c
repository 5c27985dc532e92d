/* tests/unit/kernel_levels.c: every level gives the bytes of the portable one, and the counts of a plain
 * loop.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/absmax.h"
#include "core/kernel/decode.h"
#include "tests/unit/kernel.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MOST = 10007
};

/* Fills n elements with arbitrary bits; every fourth has a usual value, as far as the type can hold it. */
static void
fill (unsigned char *in, uint32_t dtype, size_t n, uint64_t *state)
{
  const size_t size = size_of (dtype);
  const fci_row_program program = program_of (FMTCONV_F32, NULL, dtype);
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t bits[2] = { random_next (state), random_next (state) };
      const float number = ldexpf ((float) (int32_t) bits[0], (int) (bits[1] % 90) - 70);
      memcpy (in + i * size, bits, size);
      if (dtype == FMTCONV_BOOL)
        in[i] &= 1;
      else if (i % 4 == 0)
        run_program (&program, &number, in + i * size, 1, NULL);
    }
}

static void
check_level (const fci_row_program *program, int level, const unsigned char *in, size_t n)
{
  const size_t bytes = n * size_of (program->steps[program->n_steps - 1].dtype);
  unsigned char *portable = malloc (bytes + 2), *out = malloc (bytes + 2);
  fci_tally counted = { 0 }, wanted = { 0 };
  memset (portable, 0xa5, bytes + 2);
  memset (out, 0xa5, bytes + 2);
  fci_kernel_force (FCI_LEVEL_PORTABLE);
  run_program (program, in, portable + 1, n, &wanted);
  fci_kernel_force (level);
  run_program (program, in, out + 1, n, &counted);
  cr_expect_arr_eq (out, portable, bytes + 2, "level %d, type %u, %zu elements", level, program->from, n);
  cr_expect_arr_eq (&counted, &wanted, sizeof counted, "level %d, type %u, %zu elements", level,
                    program->from, n);
  memset (out, 0xa5, bytes + 2);
  run_program (program, in, out + 1, n, NULL);
  cr_expect_arr_eq (out, portable, bytes + 2, "level %d, type %u, without counting", level, program->from);
  free (portable);
  free (out);
}

Test (kernel, levels_agree)
{
  static const size_t lengths[] = { 0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 511, 4096, 4097, MOST };
  static const float factors[] = { 0.0078125f, -1.1f, 0, 1e30f, 1e-38f, 300 };
  static const uint32_t types[] = { FMTCONV_F16, FMTCONV_BF16, FMTCONV_F32, FMTCONV_F8_E4M3,
                                    FMTCONV_F8_E5M2 };
  unsigned char *in = malloc (MOST * 16 + 1);
  uint64_t state = 88172645463325252u;
  for (unsigned from = 0; from < 5; from++)
    {
      fill (in + 1, types[from], MOST, &state);
      for (unsigned to = 0; to < 5; to++)
        for (unsigned k = 0; k < sizeof lengths / sizeof *lengths; k++)
          for (int level = FCI_LEVEL_AVX2; level <= FCI_LEVEL_AVX512; level++)
            {
              const fci_row_program plain = program_of (types[from], NULL, types[to]);
              const fci_row_program scaled = program_of (types[from], &factors[(k + to) % 6], types[to]);
              check_level (&plain, level, in + 1, lengths[k]);
              check_level (&scaled, level, in + 1, lengths[k]);
            }
    }
  free (in);
}

/* ---- Counts by plain loops, in long double, which holds every number of every type. */

typedef struct range
{
  uint32_t dtype;
  long double most;   /* larger numbers do not fit; between the largest number and this they are rounded */
  long double normal; /* integers: 0 */
} range;

static const range ranges[] = {
  { FMTCONV_U8, 256, 0 },
  { FMTCONV_I16, 32768, 0 },
  { FMTCONV_I32, 0x1p31L, 0 },
  { FMTCONV_U64, 0x1p64L, 0 },
  { FMTCONV_I64, 0x1p63L, 0 },
  { FMTCONV_F16, 65520, 0x1p-14L },
  { FMTCONV_BF16, 0x1.ffp127L, 0x1p-126L },
  { FMTCONV_F32, 0x1.ffffffp127L, 0x1p-126L },
  { FMTCONV_F64, INFINITY, 0x1p-1022L },
  { FMTCONV_F8_E4M3, 464, 0x1p-6L },
  { FMTCONV_F8_E5M2, 61440, 0x1p-14L },
  { FMTCONV_F8_E4M3FNUZ, 248, 0x1p-7L },
  { FMTCONV_F8_E5M2FNUZ, 61440, 0x1p-15L },
};

static long double
value_of (uint32_t dtype, const unsigned char *at)
{
  uint64_t whole;
  if (dtype != FMTCONV_U64 && dtype != FMTCONV_I64)
    return (long double) fci_element (dtype, at);
  memcpy (&whole, at, sizeof whole);
  return dtype == FMTCONV_U64 ? (long double) whole : (long double) (int64_t) whole;
}

static bool
does_not_fit (long double value, const range *to)
{
  if (!isfinite (value))
    return false;
  if (to->normal == 0 && (to->dtype == FMTCONV_U8 || to->dtype == FMTCONV_U64))
    return value <= -1 || value >= to->most;
  if (to->normal == 0)
    return truncl (value) < -to->most || value >= to->most;
  return to->dtype == FMTCONV_F8_E4M3 ? fabsl (value) > to->most : fabsl (value) >= to->most;
}

static fci_tally
count_plainly (uint32_t from, const unsigned char *in, const range *to, const unsigned char *out, size_t n)
{
  fci_tally tally = { 0 };
  for (size_t i = 0; i < n; i++)
    {
      const long double before = value_of (from, in + i * size_of (from));
      const long double after = value_of (to->dtype, out + i * size_of (to->dtype));
      const bool same_nan = isnan (before) && isnan (after);
      const bool changed = !same_nan && !(before == after);
      tally.inexact += changed;
      tally.overflow += does_not_fit (before, to);
      tally.underflow += changed && fabsl (after) < to->normal;
      tally.nan += isnan (after) != 0;
      tally.inf += isinf (after) != 0;
      tally.normal += isfinite (after) && to->normal != 0 && fabsl (after) >= to->normal;
    }
  return tally;
}

static void
check_counts (uint32_t from, const unsigned char *in, const range *to, size_t n)
{
  const fci_row_program program = program_of (from, NULL, to->dtype);
  unsigned char *out = malloc (n * 8);
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    {
      fci_tally counted = { 1, 2, 3, 4, 5, 6 };
      fci_kernel_force (level);
      run_program (&program, in, out, n, &counted);
      const fci_tally plain = count_plainly (from, in, to, out, n);
      cr_expect_eq (counted.inexact, plain.inexact + 1, "inexact: %u to %u, level %d", from, to->dtype,
                    level);
      cr_expect_eq (counted.overflow, plain.overflow + 2, "overflow: %u to %u", from, to->dtype);
      cr_expect_eq (counted.underflow, plain.underflow + 3, "underflow: %u to %u", from, to->dtype);
      cr_expect_eq (counted.nan, plain.nan + 4, "nan: %u to %u", from, to->dtype);
      cr_expect_eq (counted.inf, plain.inf + 5, "inf: %u to %u", from, to->dtype);
      cr_expect (to->normal == 0 || counted.normal == plain.normal + 6, "normal: %u to %u", from, to->dtype);
    }
  free (out);
}

Test (kernel, counts_what_a_plain_loop_counts)
{
  const size_t n = 3001;
  unsigned char *in = malloc (n * 8);
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (unsigned from = 0; from < sizeof ranges / sizeof *ranges; from++)
    {
      fill (in, ranges[from].dtype, n, &state);
      for (unsigned to = 0; to < sizeof ranges / sizeof *ranges; to++)
        check_counts (ranges[from].dtype, in, &ranges[to], n);
    }
  free (in);
}

/* Double rounding of f64 by way of f32, a sign that E8M0 drops, and a boolean. */
Test (kernel, counts_of_odd_types)
{
  const double real[4] = { 1, -2, 3, NAN };
  fci_tally tally = { 0 };
  unsigned char out[4];
  fci_row_program program = program_of (FMTCONV_F64, NULL, FMTCONV_F8_E8M0);
  run_program (&program, real, out, 4, &tally);
  cr_expect_eq (tally.inexact, 2);
  cr_expect_eq (tally.nan, 1);
  program = program_of (FMTCONV_F64, NULL, FMTCONV_BOOL);
  memset (&tally, 0, sizeof tally);
  run_program (&program, real, out, 4, &tally);
  cr_expect_eq (tally.inexact, 3);
  cr_expect_eq (tally.overflow, 0);
}

/* Arbitrary bits, and a NaN or infinity at every position. */
Test (kernel, absmax_levels_agree)
{
  static float values[300];
  uint64_t state = 17;
  for (size_t n = 0; n < 290; n++)
    for (unsigned which = 0; which < 3; which++)
      {
        uint32_t wanted = 0;
        for (size_t i = 0; i < n; i++)
          {
            uint32_t bits = (uint32_t) random_next (&state) & (which == 0 ? 0xffffffff : 0x8fffffff);
            bits = which == 2 && i == n * 7 % (n + 1) ? 0xff800000 : bits;
            memcpy (values + 1 + i, &bits, sizeof bits);
            wanted = (bits & 0x7fffffff) > wanted ? bits & 0x7fffffff : wanted;
          }
        for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
          {
            fci_kernel_force (level);
            cr_assert_eq (fci_absmax (values + 1, n), wanted, "%zu values, level %d", n, level);
          }
      }
  fci_kernel_force (FCI_LEVEL_AUTO);
}
