/* tests/unit/plan-row-panel.c: transposed matrices larger than a buffer: the bytes, read in long ranges.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum
{
  MATRICES = 2,
  ROWS = 1000,      /* of each matrix in the source */
  ROW_BYTES = 6000, /* too many bytes to be read for a few of them */
  SIZE = MATRICES * ROWS * ROW_BYTES,
  SKEW = 7 /* bytes before it, in the source and in the output */
};

static _Atomic uint64_t reads;

static int
counted_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  reads++;
  return fci_source_read (source, offset, to, n);
}

/* Column by column. */
static uint8_t *
transposed_plainly (const uint8_t *bytes, size_t item)
{
  const size_t columns = ROW_BYTES / item;
  uint8_t *out = malloc (SIZE), *to = out;
  for (size_t m = 0; m < MATRICES; m++)
    for (size_t column = 0; column < columns; column++)
      for (size_t row = 0; row < ROWS; row++, to += item)
        memcpy (to, bytes + ((m * ROWS + row) * columns + column) * item, item);
  return out;
}

static void
check_transposed (const uint8_t *source, uint32_t dtype, unsigned threads, uint64_t memory)
{
  static const unsigned axes[] = { 0, 2, 1 };
  const size_t item = fmtconv_dtype_get (dtype)->block_bytes;
  const uint64_t shape[] = { MATRICES, ROWS, ROW_BYTES / item };
  struct fci_io io = fci_io_system;
  captured h;
  size_t n;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, threads, memory);
  put_file (in (&at, "in"), source, SKEW + SIZE);
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_view *matrices = fmtconv_view_leaf (open_source (ctx, in (&at, "in")), SKEW, dtype, 3, shape, NULL);
  fmtconv_file_emit (file, "in front", SKEW);
  size_t region = fmtconv_file_emit_view (file, "t", fmtconv_view_permute (matrices, axes));
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, region, 1);
  cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
  io.read = counted_read;
  reads = 0;
  cr_assert_eq (run (ctx, layout, in (&at, "out"), &io, NULL), 0, "%s", h.text);
  uint8_t *out = get_file (in (&at, "out"), &n), *wanted = transposed_plainly (source + SKEW, item);
  cr_assert_eq (n, SKEW + SIZE + 4);
  cr_expect_eq (memcmp (out + SKEW, wanted, SIZE), 0, "items of %zu bytes, %u threads", item, threads);
  const uint8_t *d = out + SKEW + SIZE;
  cr_expect_eq (d[0] | (uint32_t) d[1] << 8 | (uint32_t) d[2] << 16 | (uint32_t) d[3] << 24,
                crc32_z (0, wanted, SIZE));
  cr_expect_leq (reads, SIZE / 400, "%llu reads, items of %zu bytes", (unsigned long long) reads, item);
  free (out);
  free (wanted);
  fmtconv_ctx_free (ctx);
  leave (&at);
}

Test (row_panel, matrices_that_no_buffer_holds)
{
  static const uint32_t types[] = { FMTCONV_F8_E4M3, FMTCONV_BF16, FMTCONV_F32, FMTCONV_F64, FMTCONV_C128 };
  uint8_t *source = rnd_bytes (11, SKEW + SIZE);
  for (unsigned i = 0; i < 5; i++)
    {
      check_transposed (source, types[i], 1, 1 << 20);
      check_transposed (source, types[i], 2, 2 << 20);
    }
  free (source);
}

/* With a cast: elements have different sizes before and after. */
Test (row_panel, with_a_cast)
{
  static const unsigned axes[] = { 1, 0 };
  const uint64_t shape[] = { 3000, 5000 };
  float *numbers = malloc (3000 * 5000 * sizeof *numbers);
  for (int i = 0; i < 3000 * 5000; i++)
    numbers[i] = (float) (i % 8191) / 4;
  for (unsigned threads = 1; threads <= 2; threads++)
    {
      captured h;
      size_t n;
      place at = enter ();
      fmtconv_ctx *ctx = new_ctx (&h, 0, threads, 1 << 20);
      put_file (in (&at, "in"), numbers, 3000 * 5000 * sizeof *numbers);
      fmtconv_view *leaf =
          fmtconv_view_leaf (open_source (ctx, in (&at, "in")), 0, FMTCONV_F32, 2, shape, NULL);
      fmtconv_view *view[] = { fmtconv_view_cast (fmtconv_view_permute (leaf, axes), FMTCONV_F64) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, view), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
      uint8_t *bytes = get_file (in (&at, "out"), &n);
      const double *out = (const double *) (const void *) bytes;
      size_t wrong = 0;
      cr_assert_eq (n, 3000 * 5000 * sizeof *out);
      for (size_t i = 0; i < 3000 * 5000; i++)
        wrong += out[i] != (double) numbers[i % 3000 * 5000 + i / 3000];
      cr_expect_eq (wrong, 0);
      free (bytes);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
  free (numbers);
}
