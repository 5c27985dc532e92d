/* tests/cross/kernels.c: a digest of what each kernel gives, to compare machines; on each machine all levels must agree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints lines "KERNEL DIGEST".  It needs nothing but the core, so that it runs where no test framework is. */
#include "config.h"

#include "core/base/order.h"
#include "core/kernel/absmax.h"
#include "core/kernel/cpu.h"
#include "core/kernel/crc32.h"
#include "core/kernel/gather.h"
#include "core/kernel/kernel.h"
#include "core/kernel/product.h"
#include "core/kernel/quant.h"
#include "core/kernel/row.h"
#include "core/kernel/scan.h"
#include "core/kernel/sha256.h"
#include "core/kernel/slerp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum
{
  LONGEST = 5000, /* more than a block of the fast loops, and not a multiple of any vector */
  WIDEST = 16,    /* bytes of an element */
  BLOCKS = 5 * 256,
  ROWS = 37,
  COLUMNS = 75
};

static uint64_t state;

/* Returns 32 bits, the same on every machine. */
static uint32_t
any (void)
{
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t) (state >> 32);
}

/* Returns a number of about the size of weights, or of `size`. */
static float
number (float size)
{
  const int32_t sum =
      (int32_t) (any () % 2000) + (int32_t) (any () % 2000) + (int32_t) (any () % 2000) - 3000;
  return (float) sum * size / 1024;
}

static void
add_bytes (uint32_t *digest, const void *bytes, size_t n)
{
  *digest = (uint32_t) crc32 (*digest, bytes, (uInt) n);
}

/* Adds numbers of the machine.  NaNs without their sign where the kernel leaves it open. */
static void
add_floats (uint32_t *digest, const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits;
      memcpy (&bits, values + i, sizeof bits);
      bits = FCI_FILE_ORDER (values[i] == values[i] ? bits : bits & 0x7fffffff);
      add_bytes (digest, &bits, sizeof bits);
    }
}

static void
add_number (uint32_t *digest, uint64_t number)
{
  number = FCI_FILE_ORDER (number);
  add_bytes (digest, &number, sizeof number);
}

static void
add_double (uint32_t *digest, double value)
{
  uint64_t bits;
  memcpy (&bits, &value, sizeof bits);
  add_number (digest, bits);
}

static void
add_tally (uint32_t *digest, const fci_tally *tally)
{
  add_number (digest, tally->inexact);
  add_number (digest, tally->overflow);
  add_number (digest, tally->underflow);
  add_number (digest, tally->nan);
  add_number (digest, tally->inf);
  add_number (digest, tally->normal);
}

/* ---- Rows of plain types. */

static unsigned char row_in[LONGEST * WIDEST], row_out[LONGEST * WIDEST], scratch[1 << 16];
static float factors[LONGEST + 8];

/* Sets row_in to elements: any bytes at all, or weights in the data type. */
static void
fill (uint32_t dtype, bool weights)
{
  static float values[2 * LONGEST];
  const fci_row_program round = { FMTCONV_F32, 1, { { .kind = FCI_STEP_ROUND, .dtype = dtype } } };
  for (size_t i = 0; i < sizeof row_in; i++)
    row_in[i] = (unsigned char) any ();
  for (size_t i = 0; i < LONGEST; i++)
    values[i] = number (i % 3 ? 1 : 200);
  fci_file_order_floats (values, LONGEST);
  if (weights)
    fci_row_run (&round, values, row_in, LONGEST, scratch, NULL, NULL);
}

/* Adds the result of one program for several lengths. */
static void
add_program (uint32_t *digest, const fci_row_program *program, uint64_t block)
{
  static const size_t lengths[] = { 1, 7, 64, 131, LONGEST };
  const fci_operand operand = { .values = factors, .block = block, .phase = block > 1 ? block / 3 : 0 };
  if (fci_row_refusal (program) || fci_row_scratch (program) > sizeof scratch)
    return;
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++)
    {
      fci_tally tally = { 0 };
      memset (row_out, 0, sizeof row_out);
      fci_row_run (program, row_in, row_out, lengths[i], scratch, &operand, &tally);
      add_bytes (digest, row_out, lengths[i] * WIDEST);
      add_tally (digest, &tally);
    }
}

static void
rows (uint32_t from, uint32_t *digest)
{
  static const uint64_t blocks[] = { 0, 1, 5, 128 };
  state = from + 1;
  for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
    factors[i] = number (2) + 8;
  for (unsigned weights = 0; weights < 2; weights++)
    {
      fill (from, weights);
      for (uint32_t to = FMTCONV_BOOL; to <= FMTCONV_F8_E8M0; to++)
        {
          fci_row_program program = { from, 1, { { .kind = FCI_STEP_ROUND, .dtype = to } } };
          add_program (digest, &program, 0);
          program.n_steps = 2;
          program.steps[1] = program.steps[0];
          for (fci_step_kind kind = FCI_STEP_SCALE; kind <= FCI_STEP_DIVIDE; kind++)
            for (unsigned b = 0; b < (!fci_step_has_operand (kind) ? 1 : sizeof blocks / sizeof *blocks); b++)
              {
                program.steps[0] = (fci_step){ .kind = kind, .factor = -0.7f };
                add_program (digest, &program, blocks[b]);
              }
        }
    }
}

/* ---- Blocks. */

static float values[BLOCKS], importance[BLOCKS];
static unsigned char blocks[BLOCKS * 2];

/* Sets values of one kind: weights, sparse, tiny, huge, all equal. */
static void
fill_values (unsigned kind)
{
  for (size_t i = 0; i < BLOCKS; i++)
    {
      const float value = number (1);
      values[i] = kind == 1   ? any () % 8 ? 0 : value
                  : kind == 2 ? value * 1e-39f
                  : kind == 3 ? value * 1e6f
                  : kind == 4 ? 0.25f
                              : value;
      importance[i] = (float) (any () % 1000) / 64;
    }
}

static void
encoded (uint32_t dtype, uint32_t *digest)
{
  state = dtype;
  for (unsigned kind = 0; kind < 10; kind++)
    {
      fill_values (kind % 5);
      memset (blocks, 0, sizeof blocks);
      fci_quant_encode (dtype, values, BLOCKS, kind < 5 ? NULL : importance, blocks);
      add_bytes (digest, blocks, sizeof blocks);
    }
}

static void
decoded (uint32_t dtype, uint32_t *digest)
{
  state = dtype;
  for (size_t i = 0; i < sizeof blocks; i++)
    blocks[i] = (unsigned char) any ();
  memset (values, 0, sizeof values);
  fci_quant_decode (dtype, blocks, BLOCKS, values);
  add_floats (digest, values, BLOCKS);
}

/* ---- The others. */

static void
products (uint32_t which, uint32_t *digest)
{
  static float a[ROWS * 128], b[48 * ROWS], panels[ROWS * 128], out[48 * 128];
  const size_t columns = 32 * which, wide = 32 * which;
  state = which;
  for (size_t i = 0; i < ROWS * columns; i++)
    a[i] = number (1);
  for (size_t i = 0; i < 48 * ROWS; i++)
    b[i] = number (1);
  fci_product_pack (panels, a, columns, ROWS, 0, ROWS);
  for (unsigned more = 0; more < 2; more++)
    fci_product_run (out, wide, b, ROWS, panels, ROWS, 48, columns, more);
  add_floats (digest, out, 48 * wide);
}

static void
gathered (uint32_t item, uint32_t *digest)
{
  static unsigned char in[ROWS * COLUMNS * WIDEST], out[ROWS * COLUMNS * WIDEST];
  const uint64_t extent[] = { COLUMNS, ROWS };
  const int64_t stride[] = { (int64_t) item, (int64_t) (COLUMNS * item) };
  state = item;
  for (size_t i = 0; i < sizeof in; i++)
    in[i] = (unsigned char) any ();
  fci_gather (out, in, 2, extent, stride, item);
  add_bytes (digest, out, ROWS * COLUMNS * item);
}

static void
checksums (uint32_t which, uint32_t *digest)
{
  state = which;
  for (size_t i = 0; i < sizeof row_in; i++)
    row_in[i] = (unsigned char) any ();
  for (size_t n = 0; n < 300; n++)
    {
      const uint32_t crc = fci_crc32 ((uint32_t) n, row_in + n % 7, n);
      if (crc != crc32 (n, row_in + n % 7, (uInt) n))
        add_number (digest, n);
      add_number (digest, crc);
    }
}

static void
hashes (uint32_t which, uint32_t *digest)
{
  char text[FCI_SHA256_TEXT];
  fci_sha256 sha;
  state = which;
  for (size_t i = 0; i < sizeof row_in; i++)
    row_in[i] = (unsigned char) any ();
  for (size_t n = 0; n < 300; n++)
    {
      fci_sha256_begin (&sha);
      fci_sha256_add (&sha, row_in, n % 70);
      fci_sha256_add (&sha, row_in + n % 7, n);
      fci_sha256_end (&sha, text);
      add_bytes (digest, text, sizeof text);
    }
}

static void
statistics (uint32_t which, uint32_t *digest)
{
  static float a[LONGEST], b[LONGEST];
  fci_sums sums = { 0 };
  fci_gap gap = { 0 };
  fci_dot dot = { { 0 }, { 0 }, { 0 } };
  float weights[2];
  state = which;
  for (size_t i = 0; i < LONGEST; i++)
    {
      a[i] = number (1);
      b[i] = number (100);
    }
  fci_sums_f32 (&sums, a, LONGEST - which);
  fci_gap_f32 (&gap, a, b, LONGEST - which, 3);
  fci_dot_add (&dot, a, b, LONGEST - which);
  const fci_dot_sums total = fci_dot_total (&dot);
  fci_slerp_weights (&total, 0.3, weights);
  add_number (digest, fci_absmax (a, LONGEST - which));
  add_double (digest, sums.sum);
  add_double (digest, sums.max);
  add_double (digest, gap.error);
  add_double (digest, gap.signal);
  add_double (digest, total.ab);
  add_floats (digest, weights, 2);
}

/* ---- Levels. */

typedef void kernel_fn (uint32_t which, uint32_t *digest);

/* Prints the digest of a kernel.  Returns 0, or 1 if levels differ. */
static int
report (const char *name, kernel_fn *kernel, uint32_t which)
{
  uint32_t portable = 0;
  fci_kernel_force (FCI_LEVEL_PORTABLE);
  kernel (which, &portable);
  printf ("%s %u %08x\n", name, (unsigned) which, (unsigned) portable);
  for (int level = FCI_LEVEL_PORTABLE + 1; level <= FCI_LEVEL_HIGHEST; level++)
    {
      uint32_t digest = 0;
      fci_kernel_force (level);
      if (fci_kernel_level () < level)
        break;
      kernel (which, &digest);
      if (digest == portable)
        continue;
      fprintf (stderr, "%s %u: level %d gives other bytes than the portable one\n", name, (unsigned) which,
               level);
      return 1;
    }
  return 0;
}

int
main (void)
{
  int failures = 0;
  for (uint32_t dtype = FMTCONV_BOOL; dtype <= FMTCONV_F8_E8M0; dtype++)
    failures += report ("rows-from", rows, dtype);
  for (uint32_t dtype = FMTCONV_GGML; dtype < FMTCONV_GGML + 48; dtype++)
    failures += fci_quant_can_encode (dtype) ? report ("encode", encoded, dtype) : 0;
  for (uint32_t dtype = FMTCONV_F4_E2M1; dtype < FMTCONV_GGML + 48; dtype++)
    failures += fci_quant_can_decode (dtype) ? report ("decode", decoded, dtype) : 0;
  for (uint32_t which = 1; which <= 4; which++)
    failures += report ("product", products, which);
  for (uint32_t item = 1; item <= WIDEST; item *= 2)
    failures += report ("gather", gathered, item);
  for (uint32_t which = 0; which < 3; which++)
    failures += report ("checksum", checksums, which) + report ("sha256", hashes, which)
                + report ("statistics", statistics, which);
  fci_kernel_force (FCI_LEVEL_AUTO);
  fprintf (stderr, "highest level here: %d\n", fci_kernel_level ());
  return failures > 0;
}
