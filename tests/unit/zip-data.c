/* tests/unit/zip-data.c: checksums, inflating, agreement with libzip, and sweeps over damaged archives.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/disk.h"
#include "core/zip/agree.h"
#include "core/zip/scratch.h"
#include "tests/unit/temporary.h"
#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Checksums */

Test (crc, stored_member)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (0);
  s.a.bytes[s.m[PLAIN].data + 9] ^= 1;
  fmtconv_source *source = fmtconv_zip_member (sample_unzip (ctx, &s.a, 0), "r/data/0");
  cr_assert_not_null (source);
  cr_expect (source->has_crc);
  fmtconv_cursor half = fmtconv_cursor_start (source);
  cr_expect_not_null (fmtconv_cursor_take (&half, 30), "a part cannot be checked");
  cr_expect_null (sample_take (source));
  cr_expect_eq (r.code, FORMAT);
  cr_expect (strstr (r.text, "x.pt: r/data/0: at byte 0x0: checksum mismatch"), "%s", r.text);
  fmtconv_ctx_free (ctx);
  ctx = record_ctx (&r);
  source = fmtconv_zip_member (sample_unzip (ctx, &s.a, FMTCONV_ZIP_IGNORE_CRC), "r/data/0");
  cr_expect_not_null (sample_take (source));
  cr_expect_not (source->has_crc);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}

/* The directory, the header and so libzip agree about a wrong checksum. */
Test (crc, deflated_member)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (0);
  zm_put (&s.a, s.m[PACKED].central + 16, 4, 77);
  zm_put (&s.a, s.m[PACKED].local + 14, 4, 77);
  cr_expect_null (fmtconv_zip_member (sample_unzip (ctx, &s.a, 0), "r/data/1"));
  cr_expect (strstr (r.text, "r/data/1: at byte 0x0: checksum mismatch"), "%s", r.text);
  fmtconv_ctx_free (ctx);
  ctx = record_ctx (&r);
  const void *bytes =
      sample_take (fmtconv_zip_member (sample_unzip (ctx, &s.a, FMTCONV_ZIP_IGNORE_CRC), "r/data/1"));
  cr_assert_not_null (bytes, "%s", r.text);
  cr_expect (memcmp (bytes, sample_zeroes, N_ZEROES) == 0);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}

/* torch.serialization.set_crc32_options (False) leaves all of them zero. */
Test (crc, none_at_all)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  zm_member m[] = { { .name = "r/a", .bytes = sample_pattern, .size = 9, .how = ZM_TORCH | ZM_NO_CRC },
                    { .name = "r/b", .bytes = sample_zeroes, .size = 900, .how = ZM_DEFLATE | ZM_NO_CRC },
                    { .name = "r/c" } };
  zm_archive a = zm_make (m, 3, 1);
  fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  cr_expect_eq (r.n_notes, 1);
  cr_expect (strstr (r.text, "has no checksums"), "%s", r.text);
  for (size_t i = 0; i < 3; i++)
    {
      expect_member (zip, &m[i]);
      cr_expect_not (fmtconv_zip_member (zip, m[i].name)->has_crc);
    }
  cr_expect_eq (r.n_notes, 1);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
}

/* If other members have checksums, zero is a checksum, too, and here a wrong one. */
Test (crc, zero_beside_others)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  zm_member m[] = { { .name = "r/a", .bytes = sample_pattern, .size = 9, .how = ZM_TORCH | ZM_NO_CRC },
                    { .name = "r/b", .bytes = sample_pattern, .size = 9 } };
  zm_archive a = zm_make (m, 2, 0);
  cr_expect_null (sample_take (fmtconv_zip_member (sample_unzip (ctx, &a, 0), "r/a")));
  cr_expect (strstr (r.text, "checksum mismatch"), "%s", r.text);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
}

/* ---- Inflating */

/* The directory and the header, so that libzip agrees. */
static void
put_size (sample *s, size_t central, size_t local, uint64_t value)
{
  zm_put (&s->a, s->m[PACKED].central + central, 4, value);
  zm_put (&s->a, s->m[PACKED].local + local, 4, value);
}

static void
expect_no_inflate (sample *s, const char *says)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  fmtconv_zip *zip = sample_unzip (ctx, &s->a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  cr_expect_null (fmtconv_zip_member (zip, "r/data/1"));
  cr_expect_eq (r.code, FORMAT);
  cr_expect (strstr (r.text, says), "%s", r.text);
  cr_expect (strstr (r.text, "member 'r/data/1' cannot be inflated"), "%s", r.text);
  fmtconv_ctx_free (ctx);
  zm_free (&s->a);
}

Test (inflate, longer_than_declared)
{
  sample s = sample_make (0);
  put_size (&s, 24, 22, N_ZEROES - 1);
  expect_no_inflate (&s, "continues past the size");
}

Test (inflate, shorter_than_declared)
{
  sample s = sample_make (0);
  put_size (&s, 24, 22, N_ZEROES + 1);
  expect_no_inflate (&s, "");
}

Test (inflate, damaged_stream)
{
  sample s = sample_make (0);
  memset (s.a.bytes + s.m[PACKED].data, 0xFF, 4);
  expect_no_inflate (&s, "");
}

Test (inflate, ratio_of_1032_is_allowed)
{
  sample s = sample_make (0);
  put_size (&s, 24, 22, s.m[PACKED].packed * 1032);
  expect_no_inflate (&s, "");
  s = sample_make (0);
  put_size (&s, 24, 22, s.m[PACKED].packed * 1032 + 1);
  expect_spoilt (&s, "ratio 1032 and a byte", FORMAT, "cannot inflate to");
}

/* Two members that exceed the memory limit are inflated to a file without a name. */
Test (inflate, large_members_go_to_a_file)
{
  enum
  {
    SIZE = 9 << 20
  };
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  char folder[TEMPORARY_PATH];
  temporary_folder (folder, "zip");
  fci_scratch_use (ctx, folder);
  uint8_t *bytes = malloc (SIZE);
  for (size_t i = 0; i < SIZE; i++)
    bytes[i] = (uint8_t) (i >> 9 ^ i % 7);
  zm_member m[] = { { .name = "r/a", .bytes = bytes, .size = SIZE, .how = ZM_DEFLATE },
                    { .name = "r/b", .bytes = bytes + 1, .size = SIZE - 1, .how = ZM_DEFLATE },
                    { .name = "r/c", .bytes = bytes + 2, .size = SIZE - 2, .how = ZM_DEFLATE } };
  zm_archive a = zm_make (m, 3, 0);
  fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
  for (size_t i = 0; i < 3; i++)
    expect_member (zip, &m[i]);
  cr_expect_null (fmtconv_zip_member (zip, "r/a")->disk);
  cr_expect_not_null (fmtconv_zip_member (zip, "r/b")->disk);
  cr_expect_eq (fmtconv_zip_member (zip, "r/b")->disk, fmtconv_zip_member (zip, "r/c")->disk);
  cr_expect_eq (fci_sources_unchanged (ctx), 0);
  cr_expect_eq (rmdir (folder), 0, "nothing lies in the folder");
  fmtconv_ctx_free (ctx);
  ctx = record_ctx (&r);
  fci_scratch_use (ctx, folder);
  zip = sample_unzip (ctx, &a, 0);
  cr_expect_not_null (fmtconv_zip_member (zip, "r/a"));
  cr_expect_null (fmtconv_zip_member (zip, "r/b"), "the folder is gone");
  cr_expect_eq (r.code, FMTCONV_E_IO);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
  free (bytes);
}

/* Zeros, which are compressed a thousand times: the limit is one of all such members, and is compared before any is unpacked. */
Test (inflate, unusual_ratios_are_charged)
{
  enum
  {
    SIZE = 1 << 20
  };
  uint8_t *zeros = calloc (1, SIZE);
  zm_member m[] = { { .name = "r/a", .bytes = zeros, .size = SIZE, .how = ZM_DEFLATE },
                    { .name = "r/b", .bytes = zeros, .size = SIZE, .how = ZM_DEFLATE } };
  zm_archive a = zm_make (m, 2, 0);
  for (int allowed = 0; allowed < 2; allowed++)
    {
      record r;
      fmtconv_ctx *ctx = record_ctx (&r);
      ctx->budget.limit = 2 * SIZE - !allowed;
      fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
      cr_assert_not_null (zip);
      cr_expect_eq (!!fmtconv_zip_member (zip, "r/a"), allowed);
      cr_expect_eq (r.code, allowed ? 0 : FMTCONV_E_LIMIT);
      cr_expect (allowed || strstr (r.text, "--parse-memory"), "%s", r.text);
      fmtconv_ctx_free (ctx);
    }
  zm_free (&a);
  free (zeros);
}

Test (inflate, cancelled)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (0);
  fmtconv_zip *zip = sample_unzip (ctx, &s.a, 0);
  fmtconv_ctx_cancel (ctx);
  cr_expect_null (fmtconv_zip_member (zip, "r/data/1"));
  cr_expect_eq (r.code, FMTCONV_E_CANCELLED);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}

/* ---- libzip must agree: these tests change the directory after it was read. */

static void
expect_disagreement (void (*change) (fmtconv_zip *zip), const char *says)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (0);
  fmtconv_zip *zip = sample_unzip (ctx, &s.a, 0);
  cr_assert_not_null (zip);
  change (zip);
  cr_expect_eq (fci_zip_agree (zip), FORMAT);
  cr_expect (strstr (r.text, says), "%s", r.text);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}

static void
change_number (fmtconv_zip *zip)
{
  zip->n--;
}

static void
change_name (fmtconv_zip *zip)
{
  zip->entries[1].name = "r/x";
}

static void
change_size (fmtconv_zip *zip)
{
  zip->entries[1].size++;
}

static void
change_packed (fmtconv_zip *zip)
{
  zip->entries[2].packed++;
}

static void
change_crc (fmtconv_zip *zip)
{
  zip->entries[1].crc++;
}

static void
change_method (fmtconv_zip *zip)
{
  zip->entries[1].method = FCI_ZIP_DEFLATED;
}

static void
change_bytes (fmtconv_zip *zip)
{
  zip->source->memory = (const uint8_t *) sample_zeroes;
  zip->source->size = 500;
}

Test (libzip, must_agree)
{
  expect_disagreement (change_number, "libzip finds 6 members, the central directory lists 5");
  expect_disagreement (change_name, "reads its directory entry differently");
  expect_disagreement (change_size, "reads its directory entry differently");
  expect_disagreement (change_packed, "reads its directory entry differently");
  expect_disagreement (change_crc, "reads its directory entry differently");
  expect_disagreement (change_method, "reads its directory entry differently");
  expect_disagreement (change_bytes, "libzip rejects the archive");
}

/* ---- Every length, every bit, every failing read. */

Test (sweep, every_truncation_is_refused)
{
  for (int zip64 = 0; zip64 < 2; zip64++)
    {
      sample s = sample_make (zip64);
      const size_t whole = s.a.n;
      for (s.a.n = 0; s.a.n < whole; s.a.n++)
        {
          record r;
          fmtconv_ctx *ctx = record_ctx (&r);
          cr_expect_null (sample_unzip (ctx, &s.a, 0), "%zu bytes", s.a.n);
          cr_expect_eq (r.code, FORMAT, "%s", r.text);
          fmtconv_ctx_free (ctx);
        }
      zm_free (&s.a);
    }
}

/* A flipped bit is an error, or does not matter: members have the right content. */
Test (sweep, every_flipped_bit)
{
  sample s = sample_make (1);
  for (size_t bit = 0; bit < 8 * s.a.n; bit++)
    {
      record r;
      fmtconv_ctx *ctx = record_ctx (&r);
      s.a.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
      fmtconv_zip *zip = sample_unzip (ctx, &s.a, 0);
      for (size_t i = 0; zip && i < MEMBERS; i++)
        {
          const void *bytes = sample_take (fmtconv_zip_member (zip, s.m[i].name));
          cr_expect (!bytes || memcmp (bytes, s.m[i].bytes, s.m[i].size) == 0, "bit %zu, %s", bit,
                     s.m[i].name);
        }
      s.a.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
      fmtconv_ctx_free (ctx);
    }
  zm_free (&s.a);
}

/* The file becomes shorter after it was opened. */
Test (sweep, every_length_of_a_file_that_shrinks)
{
  sample s = sample_make (1);
  for (size_t n = 0; n < s.a.n; n += 3)
    {
      record r;
      fmtconv_ctx *ctx = record_ctx (&r);
      int fd = open ("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      cr_assert_eq (write (fd, s.a.bytes, s.a.n), (ssize_t) s.a.n);
      fmtconv_source *source = fci_source_fd (ctx, fd, "x.pt");
      cr_assert_eq (ftruncate (fd, (off_t) n), 0);
      cr_expect_null (fmtconv_zip_open (source, 0));
      cr_expect_eq (r.code, FMTCONV_E_IO, "%zu: %s", n, r.text);
      cr_expect (strstr (r.text, "became shorter"), "%s", r.text);
      fmtconv_ctx_free (ctx);
    }
  zm_free (&s.a);
}

Test (sweep, null_flows)
{
  cr_expect_null (fmtconv_zip_open (NULL, 0));
  cr_expect_null (fmtconv_zip_member (NULL, "x"));
  cr_expect_null (fmtconv_zip_member_name (NULL, 0));
}
