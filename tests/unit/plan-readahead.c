/* tests/unit/plan-readahead.c: many tiny tensors: their bytes are right, and many are read at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <stdlib.h>
#include <string.h>

enum
{
  TENSORS = 3000,
  ITEMS = 10, /* f32 in each … */
  STEP = 150  /* … and bytes from one to the next */
};

static _Atomic unsigned reads;

static int
counted_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  reads++;
  return fci_source_read (source, offset, to, n);
}

/* Reads of more than one tensor fail: then every tensor is read separately. */
static int
read_single (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  reads++;
  return n > ITEMS * 4 ? 5 : fci_source_read (source, offset, to, n);
}

/* Elements in the order of the source or another, unchanged or cast. */
static unsigned
check_tiny (const uint8_t *bytes, uint64_t memory, unsigned stride, bool cast,
            int (*read) (const fmtconv_source *, uint64_t, void *, size_t))
{
  const uint64_t shape[] = { ITEMS };
  struct fci_io io = fci_io_system;
  fmtconv_view *views[TENSORS];
  captured h;
  size_t n;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, memory);
  put_file (in (&at, "in"), bytes, TENSORS * STEP);
  fmtconv_source *file = open_source (ctx, in (&at, "in"));
  for (unsigned i = 0; i < TENSORS; i++)
    {
      fmtconv_source *window =
          fmtconv_source_window (file, (uint64_t) i * stride % TENSORS * STEP, ITEMS * 4, NULL);
      fmtconv_view *leaf = fmtconv_view_leaf (window, 0, FMTCONV_F32, 1, shape, NULL);
      views[i] = cast ? fmtconv_view_cast (leaf, FMTCONV_F64) : leaf;
    }
  io.read = read;
  reads = 0;
  cr_assert_eq (run (ctx, layout_of (ctx, TENSORS, views), in (&at, "out"), &io, NULL), 0, "%s", h.text);
  uint8_t *out = get_file (in (&at, "out"), &n);
  cr_assert_eq (n, TENSORS * ITEMS * (cast ? 8 : 4));
  for (unsigned i = 0; i < TENSORS; i++)
    {
      float wanted[ITEMS];
      double got[ITEMS];
      memcpy (wanted, bytes + (size_t) i * stride % TENSORS * STEP, sizeof wanted);
      for (unsigned k = 0; k < ITEMS && !cast; k++)
        cr_assert_eq (memcmp (out + (i * ITEMS + k) * 4, &wanted[k], 4), 0, "tensor %u", i);
      memcpy (got, out + (size_t) i * (cast ? sizeof got : 0), sizeof got);
      for (unsigned k = 0; k < ITEMS && cast; k++)
        cr_assert_eq (got[k], wanted[k], "tensor %u", i);
    }
  free (out);
  fmtconv_ctx_free (ctx);
  leave (&at);
  return reads;
}

Test (near, tiny_tensors_are_read_together)
{
  uint8_t *bytes = rnd_bytes (5, TENSORS * STEP);
  for (size_t i = 0; i < TENSORS * STEP / 4; i++)
    ((float *) (void *) bytes)[i] = (float) (i % 1000);
  for (unsigned cast = 0; cast < 2; cast++)
    {
      cr_expect_lt (check_tiny (bytes, 64 << 20, 1, cast, counted_read), 40);
      cr_expect_lt (check_tiny (bytes, 64 << 20, 2999, cast, counted_read), 40); /* backwards */
      cr_expect_leq (check_tiny (bytes, 64 << 20, 1001, cast, counted_read), TENSORS);
      cr_expect_geq (check_tiny (bytes, 64 << 20, 1, cast, read_single), TENSORS);
      check_tiny (bytes, cast ? 600000 : 200000, 1, cast, counted_read);
    }
  free (bytes);
}
