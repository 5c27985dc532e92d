/* tests/unit/torch-writer.c: archives of more than 4 GiB by the torch writer, with holes instead of zeros.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/zip/zip.h"
#include "plugins/torch/write.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* The source is zeros, and bytes that are not written are zero. */
static int
read_zeros (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  (void) source, (void) offset;
  memset (to, 0, n);
  return 0;
}

static ssize_t
write_others (int fd, const void *bytes, size_t n, off_t at)
{
  const char *p = bytes;
  return n > 1 && *p == 0 && memcmp (p, p + 1, n - 1) == 0 ? (ssize_t) n : pwrite (fd, bytes, n, at);
}

static ssize_t
no_copy (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
  (void) from, (void) from_at, (void) to, (void) to_at, (void) n;
  return -1;
}

static int
no_reserve (int fd, off_t size)
{
  return ftruncate (fd, size);
}

static int
no_sync (int fd)
{
  (void) fd;
  return 0;
}

/* Returns the checksum of n zeros, from those of powers of two. */
static uint32_t
crc_of_zeros (uint64_t n)
{
  uint32_t sum = 0, power = (uint32_t) crc32_z (0, (const uint8_t[]){ 0 }, 1);
  for (uint64_t bit = 1; bit <= n; bit *= 2)
    {
      if (n & bit)
        sum = (uint32_t) crc32_combine (sum, power, (z_off_t) bit);
      power = (uint32_t) crc32_combine (power, power, (z_off_t) bit);
    }
  return sum;
}

/* Tensors of zero bytes: sizes that just fit in 32 bits, and sizes that do not; small tensors after 4 GiB. */
static const uint64_t sizes[] = { 5, UINT32_MAX - 1, UINT32_MAX, 1, 0, 77 };

enum
{
  N = sizeof sizes / sizeof *sizes
};

static const fmtconv_model *
make_model (fmtconv_ctx *ctx, fmtconv_source *source)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < N; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "t%zu", i),
                       fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, &sizes[i], NULL));
  cr_assert_eq (fci_model_freeze (model, "test"), 0);
  return model;
}

static void
check_member (const fmtconv_zip *zip, size_t i)
{
  char name[32];
  snprintf (name, sizeof name, "out/data/%zu", i);
  for (uint32_t k = 0; k < zip->n; k++)
    if (strcmp (zip->entries[k].name, name) == 0)
      {
        const fci_zip_entry *e = &zip->entries[k];
        cr_assert_eq (e->size, sizes[i], "%s", name);
        cr_assert_eq (e->crc, crc_of_zeros (sizes[i]), "%s", name);
        cr_assert_eq (e->data % TORCH_ALIGNMENT, 0, "%s", name);
        return;
      }
  cr_assert_fail ("there is no %s", name);
}

/* fmtconv's reader compares every header and descriptor with the directory, and its result with libzip's. */
Test (torch_writer, more_than_4_gib)
{
  captured h;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 8 << 20);
  struct fci_io io = fci_io_system;
  io.read = read_zeros;
  io.pwrite = write_others;
  io.copy_file_range = no_copy;
  io.fallocate = no_reserve;
  io.fsync = no_sync;
  put_file (in (&at, "in"), "", 0);
  cr_assert_eq (truncate (in (&at, "in"), (off_t) UINT32_MAX), 0);
  const fmtconv_model *model = make_model (ctx, open_source (ctx, in (&at, "in")));
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  cr_assert_eq (torch_write (ctx, &(struct torch_write_params){ .root = NULL }, model, layout), 0, "%s",
                h.text);
  cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
  cr_assert_eq (run (ctx, layout, in (&at, "out"), &io, NULL), 0, "%s", h.text);
  fmtconv_zip *zip = fmtconv_zip_open (open_source (ctx, in (&at, "out")), 0);
  cr_assert_not_null (zip, "%s", h.text);
  cr_assert_eq (zip->n, N + 6);
  for (size_t i = 0; i < N; i++)
    check_member (zip, i);
  fmtconv_ctx_free (ctx);
  leave (&at);
}
