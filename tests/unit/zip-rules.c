/* tests/unit/zip-rules.c: rules of zip archives about several fields, and the limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <string.h>
#include <sys/mman.h>

/* ---- Rules about several fields */

Test (spoilt, too_short)
{
  zm_archive a = { .bytes = (uint8_t *) sample_zeroes, .n = 21 };
  expect_refused (&a, "21 bytes", FORMAT, "21 bytes are too few");
  a.n = 0;
  expect_refused (&a, "no bytes", FORMAT, "0 bytes are too few");
  a.n = 22;
  expect_refused (&a, "22 bytes", FORMAT, "end record of the zip archive is missing");
}

Test (spoilt, tail)
{
  sample s = sample_make (0);
  zm_put (&s.a, s.a.end + 20, 2, 5);
  zm_add (&s.a, "hello", 5);
  expect_spoilt (&s, "comment", FORMAT, "5 bytes follow the end");
  s = sample_make (0);
  zm_add (&s.a, sample_zeroes, 100);
  expect_spoilt (&s, "tail", FORMAT, "100 bytes follow the end");
}

Test (spoilt, two_end_records)
{
  sample s = sample_make (0);
  const size_t at = s.m[PLAIN].data;
  zm_put (&s.a, at, 4, 0x06054b50);
  zm_put (&s.a, at + 20, 2, s.a.n - at - 22);
  expect_spoilt (&s, "an end record whose comment holds the rest", FORMAT, "two end records");
}

/* A stored archive inside another has an end record, too, but its comment does not reach our end. */
Test (good, archive_in_archive)
{
  sample s = sample_make (0);
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  zm_member outer[] = { { .name = "o/in", .bytes = s.a.bytes, .size = s.a.n }, { .name = "o/x" } };
  zm_archive a = zm_make (outer, 2, 0);
  fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  fmtconv_zip *inner = fmtconv_zip_open (fmtconv_zip_member (zip, "o/in"), 0);
  cr_assert_not_null (inner, "%s", r.text);
  expect_member (inner, &s.m[PACKED]);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
  zm_free (&s.a);
}

Test (spoilt, prefix)
{
  sample s = sample_make (0);
  zm_splice (&s.a, 0, 0, sample_zeroes, 8);
  expect_spoilt (&s, "prefix", FORMAT, "8 extra bytes before the archive");
}

/* All offsets are right, but the archive does not start with a member. */
Test (spoilt, prefix_that_offsets_know)
{
  sample s = sample_make (0);
  for (size_t i = 0; i < MEMBERS; i++)
    if (i != FAR)
      zm_put (&s.a, s.m[i].central + 42, 4, s.m[i].local + 8);
    else
      zm_put (&s.a, s.m[i].central + NAME + 8 + 4, 8, s.m[i].local + 8);
  zm_put (&s.a, s.a.end + 16, 4, s.a.directory + 8);
  zm_splice (&s.a, 0, 0, sample_zeroes, 8);
  expect_spoilt (&s, "prefix", FORMAT, "8 extra bytes before the first member");
}

Test (spoilt, number_of_members)
{
  sample s = sample_make (0);
  zm_put (&s.a, s.a.end + 8, 4, 0);
  expect_spoilt (&s, "none", FORMAT, "no members");
  s = sample_make (0);
  zm_put (&s.a, s.a.end + 8, 4, 1000 << 16 | 1000);
  expect_spoilt (&s, "more than fit", FORMAT, "1000 members do not fit");
  s = sample_make (0);
  zm_put (&s.a, s.a.end + 8, 4, 7 << 16 | 7);
  expect_spoilt (&s, "one more", FORMAT, "middle of an entry");
  s = sample_make (0);
  zm_put (&s.a, s.a.end + 8, 4, 5 << 16 | 5);
  expect_spoilt (&s, "one less", FORMAT, "extra bytes follow the last entry");
}

Test (spoilt, locator_without_room)
{
  zm_archive a = { 0 };
  zm_add (&a, sample_zeroes, 42);
  memcpy (a.bytes, "PK\6\7", 4);
  memcpy (a.bytes + 20, "PK\5\6", 4);
  zm_put (&a, 16, 4, 1);
  expect_refused (&a, "no room for the zip64 end record", FORMAT, "locator does not point to the record");
  zm_free (&a);
}

Test (spoilt, zip64_disks)
{
  sample s = sample_make (1);
  zm_put (&s.a, s.a.end64 + 16, 4, 1);
  zm_put (&s.a, s.a.end + 4, 2, 0xFFFF);
  expect_spoilt (&s, "disk", FOREIGN, "several disks");
}

Test (spoilt, two_zip64_fields_in_the_directory)
{
  sample s = sample_make (0);
  const size_t extra = s.m[LONG].central + NAME + 8;
  zm_put (&s.a, extra + 2, 2, 4);
  zm_put (&s.a, extra + 8, 4, 8 << 16 | 1);
  expect_spoilt (&s, "two zip64 fields", FORMAT, "two zip64 fields");
}

Test (spoilt, names)
{
  static const char *const names[][2] = {
    { "r/a//b", "empty, '.' or '..'" }, { "r/./b", "empty, '.' or '..'" }, { "r/../b", "empty, '.' or '..'" },
    { "..", "empty, '.' or '..'" },     { "r/..", "empty, '.' or '..'" },  { "", "empty name" },
    { "r\xC0\xAF", "not UTF-8" },       { "r/\xED\xA0\x80", "not UTF-8" }
  };
  for (size_t i = 0; i < N_OF (names); i++)
    {
      zm_member m[] = { { .name = "r/data.pkl" }, { .name = names[i][0] } };
      zm_archive a = zm_make (m, 2, 0);
      expect_refused (&a, names[i][0], FORMAT, names[i][1]);
      zm_free (&a);
    }
}

Test (spoilt, folder_with_bytes)
{
  zm_member m[] = { { .name = "r/", .bytes = sample_pattern, .size = 3 }, { .name = "r/x" } };
  zm_archive a = zm_make (m, 2, 0);
  expect_refused (&a, "a folder with bytes", FORMAT, "is a folder but has data");
  zm_free (&a);
}

Test (good, folders_and_other_scripts)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  zm_member m[] = { { .name = "m\xC3\xB6"
                              "del/" },
                    { .name = "m\xC3\xB6"
                              "del/..x",
                      .bytes = sample_pattern,
                      .size = 3 },
                    { .name = "m\xC3\xB6"
                              "del/a b/c" } };
  zm_archive a = zm_make (m, 3, 0);
  fmtconv_zip *zip = sample_unzip (ctx, &a, 0);
  cr_assert_not_null (zip, "%s", r.text);
  expect_member (zip, &m[1]);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
}

Test (spoilt, overlap)
{
  sample s = sample_make (0);
  zm_put (&s.a, s.m[PACKED].central + 42, 4, s.m[PLAIN].local + 1);
  expect_spoilt (&s, "a header in another member", FORMAT, "overlaps");
  s = sample_make (0);
  const size_t more = s.m[PACKED].local - s.m[PLAIN].data + 1;
  for (int i = 0; i < 2; i++)
    {
      zm_put (&s.a, s.m[PLAIN].central + 20 + 4 * (size_t) i, 4, more);
      zm_put (&s.a, s.m[PLAIN].local + 18 + 4 * (size_t) i, 4, more);
    }
  expect_spoilt (&s, "data that reaches into the next header", FORMAT, "overlaps");
}

Test (spoilt, last_member_reaches_into_the_directory)
{
  sample s = sample_make (0);
  const size_t local = s.m[LAST].local, central = s.m[LAST].central;
  zm_put (&s.a, central + 42, 4, s.a.directory - 10);
  expect_spoilt (&s, "fixed part of the header", FORMAT, "header extends into");
  s = sample_make (0);
  for (size_t i = 0; i < 8; i += 4)
    {
      zm_put (&s.a, central + 20 + i, 4, 1);
      zm_put (&s.a, local + 18 + i, 4, 1);
    }
  expect_spoilt (&s, "data", FORMAT, "its 1 bytes extend into");
  s = sample_make (0);
  zm_put (&s.a, central + 8, 2, 8);
  zm_put (&s.a, local + 6, 2, 8);
  expect_spoilt (&s, "descriptor", FORMAT, "descriptor extends into");
}

/* A zip64 field in the header with a length that is not a multiple of 8. */
Test (spoilt, zip64_field_of_four_bytes)
{
  sample s = sample_make (0);
  const size_t extra = s.m[PICKLE].local + LNAME + 10, n = zm_get (&s.a, extra + 2, 2);
  zm_put (&s.a, extra, 8, 4 << 16 | 1);
  zm_put (&s.a, extra + 8, 4, (n - 8) << 16 | 0x4246);
  expect_spoilt (&s, "zip64 field of 4 bytes", FORMAT, "zip64 field contradicts");
}

/* ---- Limits: pages of sample_zeroes that are never read, and the end records. */

static void
expect_limit (uint64_t n, uint64_t dir_size, int code, const char *says)
{
  const size_t size = dir_size + 98;
  uint8_t *bytes =
      mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  cr_assert_neq (bytes, MAP_FAILED);
  zm_archive a = { .bytes = bytes, .n = size };
  memcpy (bytes + dir_size, "PK\6\6", 4);
  zm_put (&a, dir_size + 4, 8, 44);
  zm_put (&a, dir_size + 24, 8, n);
  zm_put (&a, dir_size + 32, 8, n);
  zm_put (&a, dir_size + 40, 8, dir_size);
  memcpy (bytes + dir_size + 56, "PK\6\7", 4);
  zm_put (&a, dir_size + 64, 8, dir_size);
  zm_put (&a, dir_size + 72, 4, 1);
  memcpy (bytes + dir_size + 76, "PK\5\6", 4);
  zm_put (&a, dir_size + 84, 8, UINT64_MAX);
  zm_put (&a, dir_size + 92, 4, ONES);
  expect_refused (&a, "limit", code, says);
  munmap (bytes, size);
}

Test (limits, members)
{
  static const char inspect[] = "an entry of the central directory is missing here";
  expect_limit (1048575, 46 << 20, FORMAT, inspect);
  expect_limit (1048576, 46 << 20, FORMAT, inspect);
  expect_limit (1048577, 47 << 20, FMTCONV_E_LIMIT, "1048577 members: the limit is 1048576");
  expect_limit (UINT64_MAX, 46, FORMAT, "do not fit");
}

Test (limits, directory)
{
  static const char inspect[] = "an entry of the central directory is missing here";
  expect_limit (1, (512u << 20) - 1, FORMAT, inspect);
  expect_limit (1, 512u << 20, FORMAT, inspect);
  expect_limit (1, (512u << 20) + 1, FMTCONV_E_LIMIT, "the limit is 536870912");
}

/* An archive with these bytes between its last member and its directory. */
static zm_archive
with_gap (const char *bytes, size_t n)
{
  zm_member m[] = { { .name = "r/data.pkl", .bytes = sample_pattern, .size = 10 }, { .name = "r/x" } };
  zm_archive a = zm_make (m, 2, 0);
  const size_t at = a.directory;
  zm_splice (&a, at, 0, bytes, n);
  zm_put (&a, a.n - 22 + 16, 4, at + n);
  return a;
}

/* A record that the directory does not list is refused; other bytes there are padding. */
Test (spoilt, unlisted_record)
{
  static const char gap[] = "pad PK\3\4";
  zm_archive a = with_gap (gap, 8);
  expect_refused (&a, "a record", FORMAT, "a record that the central directory does not list");
  zm_free (&a);
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  a = with_gap (gap, 7);
  cr_expect_not_null (sample_unzip (ctx, &a, 0), "%s", r.text);
  fmtconv_ctx_free (ctx);
  zm_free (&a);
}
