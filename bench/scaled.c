/* bench/scaled.c: what multiplying fp8 by its scales costs, beside the bare loop that decodes and casts it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints, for each data type and block along a row, 10^9 elements a second of one thread, and the time as a multiple of
 * the bare loop's.  Rows are in the cache, where the difference is largest. */
#include "core/kernel/kernel.h"
#include "core/kernel/row.h"
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum
{
  COLUMNS = 4096,
  ROWS = 160,  /* in one measurement … */
  ROUNDS = 60, /* … of which the fastest counts */
  BARE = 1     /* as a block: no factor at all */
};

static uint8_t in[COLUMNS], out[COLUMNS * 4], scratch[1 << 16];
static float factors[COLUMNS];

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* Seconds of ROWS rows; block 0: one factor a row. */
static double
measure (uint32_t to, uint64_t block)
{
  const fci_operand operand = { .values = factors, .block = block };
  fci_row_program program = { .from = FMTCONV_F8_E4M3 };
  double best = 1e9;
  if (block != BARE)
    program.steps[program.n_steps++].kind = FCI_STEP_MULTIPLY;
  program.steps[program.n_steps++] = (fci_step){ .kind = FCI_STEP_ROUND, .dtype = to };
  for (unsigned k = 0; k < ROUNDS; k++)
    {
      fci_tally tally = { 0 };
      double start = now ();
      for (unsigned i = 0; i < ROWS; i++)
        fci_row_run (&program, in, out, COLUMNS, scratch, &operand, &tally);
      double seconds = now () - start;
      best = seconds < best ? seconds : best;
    }
  return best;
}

int
main (void)
{
  static const uint32_t types[] = { FMTCONV_BF16, FMTCONV_F16, FMTCONV_F32 };
  static const uint64_t blocks[] = { BARE, 0, 128, 32, 16 };
  static const char *const names[] = { "bare cast", "tensor, row", "128", "32", "16" };
  for (unsigned i = 0; i < COLUMNS; i++)
    {
      in[i] = (uint8_t) (i * 7 % 120);
      factors[i] = 0.01f * (float) (i % 91 + 1);
    }
  for (unsigned t = 0; t < 3; t++)
    {
      const double bare = measure (types[t], BARE);
      for (unsigned b = 0; b < 5; b++)
        {
          const double seconds = measure (types[t], blocks[b]);
          printf ("f8_e4m3 to %-5s %-12s %6.2f  %5.2f\n", fmtconv_dtype_get (types[t])->name, names[b],
                  (double) ROWS * COLUMNS / seconds / 1e9, seconds / bare);
        }
    }
  return 0;
}
