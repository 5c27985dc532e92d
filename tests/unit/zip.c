/* tests/unit/zip.c: valid zip archives open, and their members have the content that libzip, torch or the
 * test wrote.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/input.h"
#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <string.h>

static void
expect_sample (int zip64)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  sample s = sample_make (zip64);
  fmtconv_zip *zip = sample_unzip (ctx, &s.a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  for (size_t i = 0; i < MEMBERS; i++)
    {
      cr_expect_str_eq (fmtconv_zip_member_name (zip, i), s.m[i].name);
      expect_member (zip, &s.m[i]);
    }
  cr_expect_null (fmtconv_zip_member_name (zip, MEMBERS));
  cr_expect_null (fmtconv_zip_member (zip, "r/data"));
  cr_expect_eq (r.n_errors + r.n_notes, 0, "%s", r.text);
  fmtconv_ctx_free (ctx);
  zm_free (&s.a);
}

Test (good, every_kind_of_member)
{
  expect_sample (0);
}

Test (good, zip64_end_record)
{
  expect_sample (1);
}

/* Archives that libzip wrote can be read. */
Test (good, made_by_libzip)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  zip_error_t error;
  zip_error_init (&error);
  zip_source_t *out = zip_source_buffer_create (NULL, 0, 0, &error);
  zip_source_keep (out);
  zip_t *z = zip_open_from_source (out, ZIP_TRUNCATE, &error);
  zip_file_add (z, "a/packed", zip_source_buffer (z, sample_zeroes, N_ZEROES, 0), 0);
  zip_int64_t stored = zip_file_add (z, "a/stored", zip_source_buffer (z, sample_pattern, 50, 0), 0);
  zip_set_file_compression (z, (zip_uint64_t) stored, ZIP_CM_STORE, 0);
  cr_assert_eq (zip_close (z), 0);
  cr_assert_eq (zip_source_open (out), 0);
  zm_archive a = { 0 };
  uint8_t piece[1000];
  for (zip_int64_t n; (n = zip_source_read (out, piece, sizeof piece)) > 0;)
    zm_add (&a, piece, (size_t) n);
  zip_source_close (out);
  zip_source_free (out);
  fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  expect_member (zip, &(zm_member){ .name = "a/packed", .bytes = sample_zeroes, .size = N_ZEROES });
  expect_member (zip, &(zm_member){ .name = "a/stored", .bytes = sample_pattern, .size = 50 });
  fmtconv_ctx_free (ctx);
  zm_free (&a);
}

/* torch 2.13 wrote the file; libzip reads it. */
Test (good, torch_file_as_libzip_reads_it)
{
  static const char path[] = TEST_DATA "/torch/tiny.pt";
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  fmtconv_zip *zip = fmtconv_zip_open (fmtconv_input_open (fci_input_user (ctx, path)), 0);
  cr_assert_not_null (zip, "%s", r.text);
  zip_t *z = zip_open (path, ZIP_RDONLY, NULL);
  cr_assert_not_null (z);
  cr_expect_eq (zip_get_num_entries (z, 0), 9);
  for (size_t i = 0; i < 9; i++)
    {
      zip_stat_t st;
      char bytes[1000];
      cr_assert_eq (zip_stat_index (z, i, 0, &st), 0);
      zip_file_t *f = zip_fopen_index (z, i, 0);
      cr_assert_eq (zip_fread (f, bytes, sizeof bytes), (zip_int64_t) st.size);
      zip_fclose (f);
      expect_member (zip, &(zm_member){ .name = st.name, .bytes = bytes, .size = st.size });
      cr_expect_eq (fmtconv_zip_member (zip, st.name)->start % 64, 0, "torch aligns its data");
    }
  zip_discard (z);
  fmtconv_ctx_free (ctx);
}

/* ---- Fields that may have another value. */

static const spoilt freedoms[] = {
  { "header without the UTF-8 flag", 0, LOCAL, PLAIN, 6, 2, 0 },
  { "directory without the UTF-8 flag", 0, CENTRAL, PLAIN, 8, 2, 0 },
  { "deflate's level", 0, CENTRAL, PACKED, 8, 2, 0x0806 },
  { "size before a descriptor", 0, LOCAL, PICKLE, 22, 4, 40 },
  { "sizes in the odd zip64 field", 0, LOCAL, FAR, LNAME + 8 + 4, 8, 30 },
  { "zip64 record alone has the number", 1, END, 0, 10, 2, 0xFFFF },
  { "zip64 record alone has the length", 1, END, 0, 12, 4, ONES },
  { "time", 0, LOCAL, PLAIN, 10, 4, 0 },
  { "attributes", 0, CENTRAL, PLAIN, 36, 6, 0x81A40000 },
};

Test (good, free_fields)
{
  for (size_t i = 0; i < N_OF (freedoms); i++)
    {
      const spoilt *c = &freedoms[i];
      sample s = sample_spoil (c);
      expect_accepted (&s, c->rule);
      zm_free (&s.a);
    }
}

Test (good, descriptor_with_full_header)
{
  sample s = sample_make (0);
  zm_put (&s.a, s.m[PICKLE].local + 14, 4, s.m[PICKLE].crc);
  zm_put (&s.a, s.m[PICKLE].local + 18, 4, 40);
  zm_put (&s.a, s.m[PICKLE].local + 22, 4, 40);
  expect_accepted (&s, "a header that repeats the descriptor");
  zm_free (&s.a);
}
