/* tests/unit/source.c: files opened once, windows of them, and cursors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/disk.h"
#include "core/source/folder.h"
#include "core/view/view.h"
#include "tests/unit/folder.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

TestSuite (source, .init = place_start, .fini = place_stop);
TestSuite (cursor, .init = place_start, .fini = place_stop);

/* ---- Sources */

/* Every byte comes back, NUL too; other characters and broken text give nothing, and no error. */
Test (source, latin1)
{
  char text[512];
  size_t n = 0;
  for (unsigned c = 0; c < 256; c++)
    {
      if (c >= 0x80)
        text[n++] = (char) (0xc0 | c >> 6);
      text[n++] = (char) (c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
  fmtconv_source *all = fmtconv_source_latin1 (ctx, text, n, "text");
  cr_assert_eq (fmtconv_source_size (all), 256);
  uint8_t bytes[256];
  cr_assert_eq (fci_source_read (all, 0, bytes, 256), 0);
  for (unsigned c = 0; c < 256; c++)
    cr_expect_eq (bytes[c], c);
  cr_expect_eq (fmtconv_source_size (fmtconv_source_latin1 (ctx, "", 0, "text")), 0);
  cr_expect_null (fmtconv_source_latin1 (ctx, "a\xc4\x80", 3, "text"), "U+0100");
  cr_expect_null (fmtconv_source_latin1 (ctx, "a\xc3", 2, "text"), "cut");
  cr_expect_null (fmtconv_source_latin1 (ctx, "\xe9", 1, "text"), "not UTF-8");
  cr_expect_eq (r.n_errors, 0);
}

Test (source, bytes_of_a_plugin)
{
  static const char bytes[] = "bytes";
  fmtconv_source *source = fmtconv_source_memory (ctx, bytes, 5, "name");
  uint8_t got[3];
  cr_assert_eq (fmtconv_source_size (source), 5);
  cr_assert_eq (fci_source_read (source, 2, got, 3), 0);
  cr_expect_eq (memcmp (got, "tes", 3), 0);
  cr_expect_null (fmtconv_source_memory (ctx, NULL, 0, "name"));
  cr_expect_null (fmtconv_source_memory (NULL, bytes, 5, "name"));
}

Test (source, same_file_is_one_source)
{
  cr_assert_eq (link ("d/a", "d/hard"), 0);
  cr_assert_eq (symlink ("a", "d/soft"), 0);
  fmtconv_source *a = fmtconv_input_open (fci_input_user (ctx, "d/a"));
  cr_assert_not_null (a);
  cr_expect_eq (fmtconv_input_open (fci_input_user (ctx, "d/hard")), a);
  cr_expect_eq (fmtconv_input_open (fci_input_user (ctx, "d/soft")), a);
  cr_expect_neq (fmtconv_input_open (fci_input_user (ctx, "out/c")), a);
  cr_expect_eq (a->id, 1);
  cr_expect_str_eq (fci_source_name (a), "d/a");
}

Test (source, descriptors_are_closed_with_the_context)
{
  int before = dup (0);
  close (before);
  for (int i = 0; i < 5; i++)
    cr_assert_not_null (fci_input_user (ctx, i & 1 ? "d" : "d/a"));
  fmtconv_ctx_free (ctx);
  int after = dup (0);
  close (after);
  cr_expect_eq (before, after);
  ctx = record_ctx (&r);
}

Test (source, reads_and_ends_short)
{
  fmtconv_source *a = fmtconv_input_open (fci_input_user (ctx, "d/a"));
  char to[6] = "";
  cr_expect_eq (fci_source_read (a, 1, to, 3), 0);
  cr_expect_str_eq (to, "lph");
  cr_expect_eq (fci_source_read (a, 5, to, 0), 0);
  cr_assert_eq (truncate ("d/a", 3), 0);
  cr_expect_eq (fci_source_read (a, 0, to, 5), FCI_READ_SHORT);
  cr_expect_eq (r.n_errors, 0, "a read records nothing");
  cr_expect_null (text_of (fci_input_user (ctx, "d/a")));
  expect_error (FMTCONV_E_IO, "became shorter");
}

Test (source, read_error_is_an_errno)
{
  fmtconv_source *a = fmtconv_input_open (fci_input_user (ctx, "d/a"));
  int fd = open ("d/a", O_WRONLY);
  char to[5];
  cr_assert_eq (dup2 (fd, a->disk->fd), a->disk->fd);
  close (fd);
  cr_expect_eq (fci_source_read (a, 0, to, 5), EBADF);
  cr_expect_eq (fmtconv_cursor_take_le (&(fmtconv_cursor){ .source = a, .end = 5 }, 4), 0);
  cr_expect_eq (r.os_errno, EBADF);
  expect_error (FMTCONV_E_IO, "d/a: cannot be read: ");
}

/* What is made of a window in a scratch outlives it, and is named by its place. */
Test (source, windows_in_a_scratch_end_with_it)
{
  fmtconv_source *a = fmtconv_input_open (fci_input_user (ctx, "d/a")), *kept;
  char to[3] = "";
  fmtconv_scratch_begin (ctx);
  fmtconv_source *outer = fmtconv_scratch_window (a, 1, 4, "record"),
                 *in = fmtconv_scratch_window (outer, 1, 3, "in");
  cr_expect_str_eq (fci_source_name (in), "d/a: record: in");
  cr_expect_eq (fmtconv_cursor_take_le (&(fmtconv_cursor){ .source = in, .end = 1 }, 1), 'p');
  kept = fmtconv_source_window (in, 0, 2, "part");
  cr_expect_eq (fci_source_keep (kept), kept);
  fmtconv_view *view = fmtconv_view_leaf (in, 1, FMTCONV_U8, 1, (uint64_t[]){ 2 }, NULL);
  cr_assert_not_null (view);
  fmtconv_scratch_end (ctx);
  cr_expect_str_eq (fci_source_name (kept), "d/a: from byte 0x2");
  cr_expect_eq (fci_source_read (kept, 0, to, 2), 0);
  cr_expect_str_eq (to, "ph");
  cr_expect_eq (fci_source_read (view->boxes[0].source, 1, to, 2), 0);
  cr_expect_str_eq (to, "ha");
  fmtconv_scratch_begin (ctx);
  cr_expect_eq (fmtconv_cursor_take_le (
                    &(fmtconv_cursor){ .source = fmtconv_scratch_window (a, 0, 1, "next"), .end = 1 }, 1),
                'a');
  cr_expect_null (fmtconv_scratch_window (a, 2, 4, "beyond"));
  expect_error (FMTCONV_E_FORMAT, "d/a: at byte 0x2: 4 bytes from here extend past the end at byte 0x5");
}

Test (source, windows_are_flat_and_bounded)
{
  fmtconv_source *a = fmtconv_input_open (fci_input_user (ctx, "d/a"));
  fmtconv_source *w = fmtconv_source_window (a, 1, 4, "w"), *v = fmtconv_source_window (w, 1, 2, NULL);
  char to[3] = "";
  cr_assert_not_null (v);
  cr_expect_eq (v->disk, a->disk);
  cr_expect_eq (v->start, 2);
  cr_expect_eq (fci_source_read (v, 0, to, 2), 0);
  cr_expect_str_eq (to, "ph");
  cr_expect_str_eq (fci_source_name (w), "d/a: w");
  cr_expect_str_eq (fci_source_name (v), "d/a: w: from byte 0x1");
  cr_expect_lt (w->id, v->id);
  cr_expect_eq (fmtconv_source_size (fmtconv_source_window (a, 5, 0, "empty")), 0);
  cr_expect_not_null (fmtconv_source_window (a, 5, 0, "empty"));
  cr_expect_null (fmtconv_source_window (a, 2, 4, "beyond"));
  expect_error (FMTCONV_E_FORMAT, "d/a: at byte 0x2: 4 bytes from here extend past the end at byte 0x5");
  a = fmtconv_input_open (fci_input_user (ctx, "d/a"));
  cr_expect_null (fmtconv_source_window (a, UINT64_MAX, 2, "wraps"));
  expect_error (FMTCONV_E_FORMAT, "extend past the end");
}

Test (source, memory)
{
  fmtconv_source *m = fci_source_memory (ctx, "hello", 5, "m"), *w = fmtconv_source_window (m, 1, 3, "w");
  fmtconv_cursor c = fmtconv_cursor_start (w);
  cr_expect_str_eq (fmtconv_cursor_take (&c, 3), "ell");
  cr_expect_null (m->disk);
}

Test (source, changes_are_noticed)
{
  struct stat st;
  cr_expect_eq (fci_sources_unchanged (ctx), 0);
  cr_assert_eq (stat ("d/a", &st), 0);
  cr_expect_null (fci_sources_find (ctx, &st));
  cr_assert_not_null (fci_input_user (ctx, "d/a"));
  cr_assert_not_null (fci_input_user (ctx, "out/c"));
  cr_expect_str_eq (fci_sources_find (ctx, &st), "d/a");
  cr_expect_eq (fci_sources_unchanged (ctx), 0);
  write_file ("d/a", "alpha!", 6);
  cr_expect_eq (fci_sources_unchanged (ctx), FMTCONV_E_IO);
  expect_error (FMTCONV_E_IO, "d/a: the file changed");
  cr_assert_not_null (fci_input_user (ctx, "d/a"));
  cr_assert_eq (utimensat (AT_FDCWD, "d/a", (struct timespec[2]){ { 1, 0 }, { 1, 1 } }, 0), 0);
  cr_expect_eq (fci_sources_unchanged (ctx), FMTCONV_E_IO);
  expect_error (FMTCONV_E_IO, "d/a: the file changed");
}

/* A set of files that is replaced as a whole: what is open has the old bytes, what is opened later the new ones. */
Test (source, a_file_that_was_replaced_is_noticed)
{
  cr_assert_not_null (fci_input_user (ctx, "d/a"));
  write_file ("d/new", "other", 5);
  cr_assert_eq (rename ("d/new", "d/a"), 0);
  cr_expect_eq (fci_sources_unchanged (ctx), FMTCONV_E_IO);
  expect_error (FMTCONV_E_IO, "d/a: the file changed");
}

Test (source, descriptors_of_anything_else_are_refused)
{
  int ends[2];
  cr_assert_eq (pipe (ends), 0);
  cr_expect_null (fci_source_fd (ctx, ends[0], "p"));
  cr_expect_eq (fcntl (ends[0], F_GETFD), -1, "it was owned, and closed");
  close (ends[1]);
  expect_error (FMTCONV_E_UNSUPPORTED, "p: this is a named pipe, not a regular file");
  cr_expect_null (fci_source_fd (ctx, 1000, "q"));
  expect_error (FMTCONV_E_IO, "q: cannot be examined");
}

Test (source, crc)
{
  fmtconv_source *m = fci_source_memory (ctx, "hello", 5, "m");
  cr_expect_eq (fci_source_check_crc (m, "hellx", 5), 0, "not known");
  m->has_crc = true;
  m->crc = (uint32_t) crc32 (0, (const Bytef *) "hello", 5);
  cr_expect_eq (fci_source_check_crc (m, "hello", 5), 0);
  cr_expect_eq (fci_source_check_crc (m, "hellx", 5), FMTCONV_E_FORMAT);
  expect_error (FMTCONV_E_FORMAT, "m: at byte 0x0: checksum mismatch");
}

/* ---- Cursors */

Test (cursor, takes_what_is_there)
{
  fmtconv_cursor c = fmtconv_cursor_start (fci_source_memory (ctx, "\1\2\3\4\5\6\7\10abc", 11, "m"));
  cr_expect_eq (fmtconv_cursor_take_le (&c, 8), 0x0807060504030201);
  cr_expect_str_eq (fmtconv_cursor_take (&c, 2), "ab");
  cr_expect_str_eq (fmtconv_cursor_take (&c, 0), "");
  cr_expect_eq (c.pos, 10);
  cr_expect_eq (fmtconv_cursor_take_le (&c, 1), 'c');
  cr_expect_null (fmtconv_cursor_take (&c, 1));
  expect_error (FMTCONV_E_FORMAT, "m: at byte 0xb: 1 bytes are needed here, but only 0 remain");
}

Test (cursor, claims_are_checked_before_memory_is_taken)
{
  static const uint64_t claims[] = { 6, UINT64_MAX, UINT64_MAX - 1, 1ull << 40 };
  for (size_t i = 0; i < 4; i++)
    {
      fmtconv_cursor c = fmtconv_cursor_start (fci_source_memory (ctx, "hello", 5, "m"));
      cr_expect_null (fmtconv_cursor_take (&c, claims[i]));
      cr_expect_lt (ctx->arena.total, 1u << 20);
      expect_error (FMTCONV_E_FORMAT, "but only 5 remain");
    }
  fmtconv_cursor c = fmtconv_cursor_start (fci_source_memory (ctx, "hello", 5, "m"));
  cr_expect_eq (fmtconv_cursor_take_le (&c, 8), 0);
  expect_error (FMTCONV_E_FORMAT, "8 bytes are needed here, but only 5 remain");
}

Test (cursor, its_own_end_counts)
{
  fmtconv_cursor c = fmtconv_cursor_start (fci_source_memory (ctx, "hello", 5, "m"));
  c.end = 3;
  cr_expect_null (fmtconv_cursor_take (&c, 4));
  expect_error (FMTCONV_E_FORMAT, "only 3 remain");
  c = fmtconv_cursor_start (fci_source_memory (ctx, "hello", 5, "m"));
  c.end = 100;
  cr_expect_null (fmtconv_cursor_take (&c, 6));
  expect_error (FMTCONV_E_FORMAT, "only 5 remain");
  c = fmtconv_cursor_start (fci_source_memory (ctx, "hello", 5, "m"));
  c.pos = 9;
  cr_expect_null (fmtconv_cursor_take (&c, 1));
  expect_error (FMTCONV_E_FORMAT, "only 0 remain");
}

Test (cursor, number_widths)
{
  fmtconv_cursor c = fmtconv_cursor_start (fci_source_memory (ctx, "0123456789", 10, "m"));
  cr_expect_eq (fmtconv_cursor_take_le (&c, 0), 0);
  expect_error (FMTCONV_E_INTERNAL, "number of 0 bytes");
  c = fmtconv_cursor_start (fci_source_memory (ctx, "0123456789", 10, "m"));
  cr_expect_eq (fmtconv_cursor_take_le (&c, 9), 0);
  expect_error (FMTCONV_E_INTERNAL, "number of 9 bytes");
}

/* Bytes read ahead of one source are not used for another. */
Test (cursor, reads_ahead)
{
  fmtconv_cursor a = fmtconv_cursor_start (fmtconv_input_open (fci_input_user (ctx, "d/a")));
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (fci_input_user (ctx, "out/c")));
  uint64_t first = fmtconv_cursor_take_le (&c, 1);
  for (int i = 0; i < 3; i++)
    {
      a.pos = c.pos = 0;
      cr_expect_eq (fmtconv_cursor_take_le (&a, 1), 'a');
      cr_expect_eq (fmtconv_cursor_take_le (&c, 1), first);
    }
  uint8_t numbers[20000];
  for (size_t i = 0; i < sizeof numbers; i++)
    numbers[i] = (uint8_t) (i * 7 + i / 256);
  fmtconv_cursor m = fmtconv_cursor_start (fci_source_memory (ctx, numbers, sizeof numbers, "memory"));
  for (size_t i = 0; i < sizeof numbers; i++)
    {
      m.pos = i * 7919 % sizeof numbers;
      uint8_t wanted = numbers[m.pos];
      cr_expect_eq (fmtconv_cursor_take_le (&m, 1), wanted);
    }
  cr_expect_eq (r.n_errors, 0, "%s", r.text);
}

Test (cursor, text)
{
  static const char bytes[] = "\303\274x\0\303(";
  fmtconv_cursor m = fmtconv_cursor_start (fci_source_memory (ctx, bytes, sizeof bytes - 1, "memory"));
  cr_expect_str_eq (fmtconv_cursor_take_text (&m, 3), "\303\274x");
  cr_expect_str_eq (fmtconv_cursor_take_text (&m, 0), "");
  cr_expect_null (fmtconv_cursor_take_text (&m, 1));
  expect_error (FMTCONV_E_FORMAT, "byte 0x3: the text contains a NUL byte");
  cr_expect_null (fmtconv_cursor_take_text (NULL, 1));
}

Test (cursor, text_that_is_none)
{
  static const char bytes[] = "ok\303(";
  fmtconv_cursor m = fmtconv_cursor_start (fci_source_memory (ctx, bytes, sizeof bytes - 1, "memory"));
  cr_expect_null (fmtconv_cursor_take_text (&m, 4));
  expect_error (FMTCONV_E_FORMAT, "byte 0x2: the text is not valid UTF-8");
}

Test (cursor, zeros)
{
  static uint8_t bytes[3000];
  bytes[2000] = 1;
  fmtconv_cursor m = fmtconv_cursor_start (fci_source_memory (ctx, bytes, sizeof bytes, "memory"));
  fmtconv_cursor_take_zeros (&m, 0);
  fmtconv_cursor_take_zeros (&m, 2000);
  cr_expect_eq (m.pos, 2000);
  m.pos = 2001;
  fmtconv_cursor_take_zeros (&m, 999);
  cr_expect_eq (m.pos, 3000);
  cr_expect_eq (r.n_errors, 0, "%s", r.text);
  m.pos = 1;
  fmtconv_cursor_take_zeros (&m, 2500);
  expect_error (FMTCONV_E_FORMAT, "byte 0x7d0: the padding is not zero");
}

Test (cursor, large_pieces_and_cancelling)
{
  enum
  {
    SIZE = (3 << 20) + 17
  };
  uint8_t *bytes = malloc (SIZE);
  for (size_t i = 0; i < SIZE; i++)
    bytes[i] = (uint8_t) (i * 7 >> 3);
  write_file ("large", bytes, SIZE);
  fmtconv_source *s = fmtconv_input_open (fci_input_user (ctx, "large"));
  fmtconv_cursor c = fmtconv_cursor_start (s);
  const uint8_t *got = fmtconv_cursor_take (&c, SIZE);
  cr_assert_not_null (got);
  cr_expect (memcmp (got, bytes, SIZE) == 0 && got[SIZE] == 0);
  free (bytes);
  fmtconv_ctx_cancel (ctx);
  c = fmtconv_cursor_start (s);
  cr_expect_null (fmtconv_cursor_take (&c, SIZE));
  expect_error (FMTCONV_E_CANCELLED, "cancelled");
}

Test (cursor, null_flows)
{
  fmtconv_cursor c = fmtconv_cursor_start (NULL);
  cr_expect_null (fmtconv_cursor_take (&c, 0));
  cr_expect_null (fmtconv_cursor_take (NULL, 0));
  cr_expect_eq (fmtconv_cursor_take_le (&c, 4), 0);
  cr_expect_null (fmtconv_source_window (NULL, 0, 0, "w"));
  cr_expect_null (fmtconv_input_open (NULL));
  cr_expect_null (fmtconv_input_parent (NULL));
  cr_expect_null (fmtconv_input_child (NULL, "x"));
  cr_expect_null (fmtconv_input_entry (NULL, 0));
  cr_expect_null (fci_input_peek (NULL));
  cr_expect_not (fmtconv_input_has (NULL, "x"));
}
