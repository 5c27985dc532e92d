/* bench/scaled.c: the cost of multiplying fp8 by its scales, next to the loop that decodes and casts only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * scaled [RUNS]: prints the rate of one thread for each data type and each block length along a row, and the time as a
 * multiple of the bare loop's.  Rows are in the cache, where the difference is largest.  The fastest run counts. */
#include "config.h"

#include "core/kernel/kernel.h"
#include "core/kernel/row.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum
{
  COLUMNS = 4096,
  ROWS = 160, /* of a run */
  BARE = 1    /* as a block: no scale */
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

/* Returns the seconds of ROWS rows, of the fastest run; block 0: one factor a row. */
static double
measure (uint32_t to, uint64_t block, int runs)
{
  const fci_operand operand = { .values = factors, .block = block };
  fci_row_program program = { .from = FMTCONV_F8_E4M3 };
  double best = 1e9;
  if (block != BARE)
    program.steps[program.n_steps++].kind = FCI_STEP_MULTIPLY;
  program.steps[program.n_steps++] = (fci_step){ .kind = FCI_STEP_ROUND, .dtype = to };
  for (int k = 0; k < runs; k++)
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
main (int argc, char **argv)
{
  static const uint32_t types[] = { FMTCONV_BF16, FMTCONV_F16, FMTCONV_F32 };
  static const uint64_t blocks[] = { BARE, 0, 128, 32, 16 };
  static const char *const names[] = { "", "tensor, row", "128", "32", "16" };
  const int runs = argc > 1 ? atoi (argv[1]) : 60;
  if (runs <= 0)
    {
      fputs ("Usage: scaled [RUNS]\n", stderr);
      return 2;
    }
  for (unsigned i = 0; i < COLUMNS; i++)
    {
      in[i] = (uint8_t) (i * 7 % 120);
      factors[i] = 0.01f * (float) (i % 91 + 1);
    }
  puts ("floor: the cast without scales; rates in 10^9 elements a second; '/floor' is our time divided by "
        "the floor's");
  printf ("%-18s%-14s%10s%10s%10s%8s\n", "conversion", "scale block", "elements", "ours G/s", "floor G/s",
          "/floor");
  for (unsigned t = 0; t < 3; t++)
    {
      const double bare = measure (types[t], BARE, runs);
      for (unsigned b = 1; b < 5; b++)
        {
          const double seconds = measure (types[t], blocks[b], runs), elements = (double) ROWS * COLUMNS;
          printf ("f8_e4m3 to %-7s%-14s%10.0f%10.2f%10.2f%8.2f\n", fmtconv_dtype_get (types[t])->name,
                  names[b], elements, elements / seconds / 1e9, elements / bare / 1e9, seconds / bare);
        }
    }
  return 0;
}
