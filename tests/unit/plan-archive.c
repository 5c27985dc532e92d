/* tests/unit/plan-archive.c: zip archives that writers describe; the reader of archives, which compares itself with
 * libzip, is the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SIZE = 3000001
};

static const uint8_t zeros[100000];

/* Members of several regions, of one, and of none, at the top and in a folder. */
static fmtconv_layout *
make_layout (fmtconv_ctx *ctx, fmtconv_source *source, unsigned flags)
{
  uint64_t size = SIZE;
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_view *all = fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, &size, NULL);
  fmtconv_archive *archive = fmtconv_archive_begin (file, flags);
  fmtconv_archive_member (archive, "a.npy", 6 + SIZE, 64);
  fmtconv_file_emit (file, "header", 6);
  size_t region = fmtconv_file_emit_view (file, "a", all);
  fmtconv_archive_member (archive, "b/empty", 0, 1);
  fmtconv_archive_member (archive, "b/c", SIZE + 2, 4096);
  fmtconv_file_emit_tied (file, "d", region);
  fmtconv_file_emit_view (file, "c", fmtconv_view_slice (all, 0, 1000, SIZE - 1000));
  fmtconv_file_emit_tied (file, "e", region);
  fmtconv_file_emit_view (file, "c", fmtconv_view_slice (all, 0, 0, 1000));
  fmtconv_file_emit (file, "..", 2);
  fmtconv_archive_member (archive, "text", 4, 1);
  fmtconv_file_emit (file, "text", 4);
  fmtconv_archive_store (archive, "stored", "bytes", 5, 64);
  fmtconv_archive_deflate (archive, "zeros", zeros, sizeof zeros);
  fmtconv_archive_deflate (archive, "short", "ab", 2);
  fmtconv_archive_deflate (archive, "nothing", NULL, 0);
  fmtconv_archive_end (archive);
  return layout;
}

/* Checks the bytes of a member: a cursor that reads all of them compares the checksum. */
static void
check_member (fmtconv_zip *zip, const char *name, const uint8_t *bytes, size_t n)
{
  fmtconv_source *source = fmtconv_zip_member (zip, name);
  cr_assert_not_null (source, "%s", name);
  cr_assert_eq (fmtconv_source_size (source), n, "%s", name);
  fmtconv_cursor cursor = fmtconv_cursor_start (source);
  const void *found = fmtconv_cursor_take (&cursor, n);
  cr_assert_not_null (found, "%s", name);
  cr_assert (n == 0 || memcmp (found, bytes, n) == 0, "%s", name);
}

static void
check_archive (fmtconv_ctx *ctx, const char *path, const uint8_t *bytes)
{
  fmtconv_zip *zip = fmtconv_zip_open (open_source (ctx, path), 0);
  uint8_t *expected = malloc (SIZE + 6);
  cr_assert_not_null (zip);
  memcpy (expected, "header", 6);
  memcpy (expected + 6, bytes, SIZE);
  check_member (zip, "a.npy", expected, SIZE + 6);
  memcpy (expected, bytes + 1000, SIZE - 1000);
  memcpy (expected + SIZE - 1000, bytes, 1000);
  memcpy (expected + SIZE, "..", 2);
  check_member (zip, "b/c", expected, SIZE + 2);
  check_member (zip, "b/empty", expected, 0);
  check_member (zip, "text", (const uint8_t *) "text", 4);
  cr_assert_str_eq (fmtconv_zip_member_name (zip, 0), "a.npy");
  check_member (zip, "stored", (const uint8_t *) "bytes", 5);
  check_member (zip, "zeros", zeros, sizeof zeros);
  check_member (zip, "short", (const uint8_t *) "ab", 2);
  check_member (zip, "nothing", zeros, 0);
  cr_assert_null (fmtconv_zip_member_name (zip, 8));
  free (expected);
}

/* The same archive for every number of threads, with checksums before and after the bytes. */
Test (archive, is_read_by_others)
{
  uint8_t *bytes = rnd_bytes (9, SIZE);
  for (unsigned i = 0; i < 4; i++)
    {
      captured h;
      place at = enter ();
      fmtconv_ctx *ctx = new_ctx (&h, 0, i < 2 ? 1 : 4, 2 << 20);
      put_file (in (&at, "in"), bytes, SIZE);
      fmtconv_layout *layout =
          make_layout (ctx, open_source (ctx, in (&at, "in")), i % 2 ? FMTCONV_ARCHIVE_CRC_AFTER : 0);
      cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
      cr_assert_eq (run (ctx, layout, in (&at, "out"), NULL, NULL), 0, "%s", h.text);
      check_archive (ctx, in (&at, "out"), bytes);
      cr_assert_eq (fmtconv_ctx_failed (ctx), 0, "%s", h.text);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
  free (bytes);
}

/* The checksums of small members lie near each other and are put into the file together, those of larger ones are not. */
Test (archive, of_small_members)
{
  enum
  {
    MEMBERS = 5000
  };
  uint8_t *bytes = rnd_bytes (7, SIZE);
  for (unsigned flags = 0; flags <= FMTCONV_ARCHIVE_CRC_AFTER; flags += FMTCONV_ARCHIVE_CRC_AFTER)
    {
      captured h;
      place at = enter ();
      fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 2 << 20);
      put_file (in (&at, "in"), bytes, SIZE);
      fmtconv_source *source = open_source (ctx, in (&at, "in"));
      fmtconv_layout *layout = fci_layout_new (ctx, "out");
      fmtconv_file *file = fmtconv_layout_create (layout, NULL);
      fmtconv_archive *archive = fmtconv_archive_begin (file, flags);
      for (uint64_t i = 0; i < MEMBERS; i++)
        {
          const uint64_t size = i % 600;
          const char *name = fmtconv_ctx_printf (ctx, "data/%u", (unsigned) i);
          fmtconv_archive_member (archive, name, size, i % 3 ? 1 : 64);
          fmtconv_file_emit_view (file, name, fmtconv_view_leaf (source, i, FMTCONV_U8, 1, &size, NULL));
        }
      fmtconv_archive_end (archive);
      cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
      cr_assert_eq (run (ctx, layout, in (&at, "out"), NULL, NULL), 0, "%s", h.text);
      fmtconv_zip *zip = fmtconv_zip_open (open_source (ctx, in (&at, "out")), 0);
      for (size_t i = 0; i < MEMBERS; i++)
        check_member (zip, fmtconv_ctx_printf (ctx, "data/%u", (unsigned) i), bytes + i, i % 600);
      cr_assert_eq (fmtconv_ctx_failed (ctx), 0, "%s", h.text);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
  free (bytes);
}

/* An archive without members is one, as numpy's of no arrays. */
Test (archive, may_be_empty)
{
  captured h;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_archive_end (fmtconv_archive_begin (fmtconv_layout_create (layout, NULL), 0));
  cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
  cr_assert_eq (run (ctx, layout, in (&at, "out"), NULL, NULL), 0, "%s", h.text);
  fmtconv_zip *zip = fmtconv_zip_open (open_source (ctx, in (&at, "out")), 0);
  cr_assert_not_null (zip, "%s", h.text);
  cr_assert_null (fmtconv_zip_member_name (zip, 0));
  cr_assert_null (fmtconv_zip_member (zip, "a"));
  fmtconv_ctx_free (ctx);
  leave (&at);
}

typedef void misuse (fmtconv_file *file, fmtconv_archive *archive);

static void
too_few (fmtconv_file *file, fmtconv_archive *archive)
{
  fmtconv_archive_member (archive, "a", 2, 1);
  fmtconv_file_emit (file, "x", 1);
  fmtconv_archive_end (archive);
}

static void
before_the_first (fmtconv_file *file, fmtconv_archive *archive)
{
  fmtconv_file_emit (file, "x", 1);
  fmtconv_archive_member (archive, "a", 0, 1);
}

static void
not_ended (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_member (archive, "a", 0, 1);
}

static void
bytes_after (fmtconv_file *file, fmtconv_archive *archive)
{
  fmtconv_archive_end (archive);
  fmtconv_file_emit (file, "x", 1);
}

static void
ended_twice (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_end (archive);
  fmtconv_archive_end (archive);
}

static void
begun_twice (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) archive;
  fmtconv_archive_begin (file, 0);
}

static void
bytes_between (fmtconv_file *file, fmtconv_archive *archive)
{
  fmtconv_archive_end (archive);
  fmtconv_archive *next = fmtconv_archive_begin (file, 0);
  fmtconv_file_emit (file, "x", 1);
  fmtconv_archive_member (next, "a", 0, 1);
}

static void
same_name (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_member (archive, "a", 0, 1);
  fmtconv_archive_member (archive, "a", 0, 1);
}

static void
parent (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_member (archive, "../a", 0, 1);
}

static void
no_name (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_member (archive, "", 0, 1);
}

static void
odd (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_member (archive, "a", 0, 3);
}

static void
deflated_twice (fmtconv_file *file, fmtconv_archive *archive)
{
  fmtconv_archive_deflate (archive, "a", "1", 1);
  fmtconv_file_emit (file, "2", 1);
  fmtconv_archive_end (archive);
}

static void
too_long (fmtconv_file *file, fmtconv_archive *archive)
{
  (void) file;
  fmtconv_archive_deflate (archive, "a", zeros, (size_t) 65 << 20);
}

Test (archive, misuse)
{
  static const struct
  {
    misuse *emit;
    int code;
    const char *says;
  } bad[] = { { too_few, FMTCONV_E_INTERNAL, "member 'a' of 'out' has 1 bytes instead of 2" },
              { before_the_first, FMTCONV_E_INTERNAL, "'out' has bytes before its first member" },
              { not_ended, FMTCONV_E_INTERNAL, "the archive 'out' was not ended" },
              { bytes_after, FMTCONV_E_INTERNAL, "bytes follow the end of the archive 'out'" },
              { ended_twice, FMTCONV_E_INTERNAL, "was ended before" },
              { begun_twice, FMTCONV_E_INTERNAL, "was not ended before the next begins" },
              { bytes_between, FMTCONV_E_INTERNAL, "'out' has bytes before its first member" },
              { same_name, FMTCONV_E_FORMAT, "two members of 'out' have the name 'a'" },
              { parent, FMTCONV_E_FORMAT, "it has an empty, '.' or '..' component" },
              { no_name, FMTCONV_E_FORMAT, "it is empty" },
              { deflated_twice, FMTCONV_E_INTERNAL, "member 'a' of 'out' has 2 bytes instead of 1" },
              { too_long, FMTCONV_E_LIMIT, "is too long to be deflated" },
              { odd, FMTCONV_E_INTERNAL, "cannot align a member to 3 bytes" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_layout *layout = fci_layout_new (ctx, "out");
      fmtconv_file *file = fmtconv_layout_create (layout, NULL);
      bad[i].emit (file, fmtconv_archive_begin (file, 0));
      cr_assert_eq (fci_layout_freeze (layout), bad[i].code, "%zu", i);
      cr_assert_not_null (strstr (h.text, bad[i].says), "%zu: %s", i, h.text);
      fmtconv_ctx_free (ctx);
    }
}
