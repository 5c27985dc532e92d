/* tests/unit/plan-faults.c: the Nth system call fails, for all N: an error, and no files remain.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <errno.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  SIZE = 2000000,
  READ,
  WRITE,
  COPY,
  RESERVE,
  SYNC,
  CLOSE,
  RENAME,
  KINDS
};

/* The call that fails; counts down. */
static _Atomic int left[KINDS];
static int fault_errno;

static bool
fails (int kind)
{
  if (left[kind] == 0 || --left[kind] > 0)
    return false;
  errno = fault_errno;
  return true;
}

static int
faulty_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  return fails (READ) ? fault_errno : fci_source_read (source, offset, to, n);
}

static ssize_t
faulty_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  return fails (WRITE) ? -1 : pwrite (fd, bytes, n > 70000 ? n - 4096 : n, at);
}

static ssize_t
faulty_copy (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
  return fails (COPY) ? -1 : fci_io_system.copy_file_range (from, from_at, to, to_at, n);
}

static int
faulty_fallocate (int fd, off_t size)
{
  return fails (RESERVE) ? -1 : fci_io_system.fallocate (fd, size);
}

static int
faulty_fsync (int fd)
{
  return fails (SYNC) ? -1 : fsync (fd);
}

static int
faulty_close (int fd)
{
  bool bad = fails (CLOSE);
  return close (fd) != 0 || bad ? -1 : 0;
}

static int
faulty_rename (int folder, const char *from, const char *to, unsigned flags)
{
  return fails (RENAME) ? -1 : fci_io_system.rename (folder, from, to, flags);
}

static const struct fci_io faulty = { .read = faulty_read,
                                      .pwrite = faulty_pwrite,
                                      .copy_file_range = faulty_copy,
                                      .fallocate = faulty_fallocate,
                                      .fsync = faulty_fsync,
                                      .close = faulty_close,
                                      .rename = faulty_rename };

static uint8_t *source_bytes;

/* Two files: a large copy and a converted tensor; a copy and a literal. */
static int
convert (const place *at, captured *h, unsigned flags, unsigned threads)
{
  fmtconv_ctx *ctx = new_ctx (h, flags, threads, 1 << 20);
  fmtconv_source *source = open_source (ctx, in (at, "in"));
  fmtconv_view *t = fmtconv_view_leaf (source, 0, FMTCONV_I16, 1, (const uint64_t[]){ SIZE / 2 }, NULL);
  fmtconv_layout *layout = fci_layout_new (ctx, "b");
  fmtconv_file *a = fmtconv_layout_create (layout, "a"), *b = fmtconv_layout_create (layout, NULL);
  fmtconv_file_emit_view (a, "t", t);
  fmtconv_file_emit_digest (a, FMTCONV_DIGEST_CRC32,
                            fmtconv_file_emit_view (a, "u", fmtconv_view_cast (t, FMTCONV_F32)), 1);
  fmtconv_file_emit (b, "head", 4);
  fmtconv_file_emit_view (b, "v", fmtconv_view_slice (t, 0, 5, 1000));
  cr_assert_eq (fci_layout_freeze (layout), 0);
  int code = run (ctx, layout, in (at, "b"), &faulty, NULL);
  fmtconv_ctx_free (ctx);
  return code;
}

static bool
holds (const place *at, const char *name, const char *text)
{
  size_t n = 0;
  uint8_t *bytes = get_file (in (at, name), &n);
  bool same = bytes && n == strlen (text) && memcmp (bytes, text, n) == 0;
  free (bytes);
  return same;
}

/* Returns the number of calls of that kind. */
static int
check_faults (int kind, int error, unsigned flags)
{
  fault_errno = error;
  for (int n = 1; n < 1000; n++)
    {
      place at = enter ();
      captured h;
      put_file (in (&at, "in"), source_bytes, SIZE);
      if (flags & FMTCONV_FORCE)
        {
          put_file (in (&at, "a"), "old a", 5);
          put_file (in (&at, "b"), "old b", 5);
        }
      left[kind] = n;
      int code = convert (&at, &h, flags, 2);
      bool all = left[kind] > 0;
      left[kind] = 0;
      if (all)
        cr_assert_eq (code, 0, "%s", h.text);
      else
        {
          cr_assert_eq (code, FMTCONV_E_IO, "kind %d, call %d: %s", kind, n, h.text);
          cr_assert_eq (h.errors, 1);
          cr_assert_eq (h.os_errno, error, "kind %d, call %d: errno %d", kind, n, h.os_errno);
          cr_assert_eq (n_entries (at.path), flags & FMTCONV_FORCE ? 3 : 1, "kind %d, call %d", kind, n);
          if (flags & FMTCONV_FORCE)
            cr_assert (holds (&at, "a", "old a") && holds (&at, "b", "old b"));
        }
      cr_assert (!all || n_entries (at.path) == 3);
      leave (&at);
      if (all)
        return n - 1;
    }
  cr_assert_fail ("no end of calls");
  return 0;
}

Test (faults, every_call_may_fail)
{
  source_bytes = rnd_bytes (3, SIZE);
  for (unsigned flags = 0; flags <= FMTCONV_FORCE; flags += FMTCONV_FORCE)
    {
      cr_assert_gt (check_faults (READ, EIO, flags), 5);
      cr_assert_gt (check_faults (WRITE, ENOSPC, flags), 5);
      cr_assert_eq (check_faults (RESERVE, ENOSPC, flags), 2);
      cr_assert_eq (check_faults (SYNC, EIO, flags), 2 + 2 + 1); /* files, journal and folder, folder */
      cr_assert_eq (check_faults (CLOSE, EIO, flags), 2);
      cr_assert_eq (check_faults (RENAME, EACCES, flags), 1 + 2);
    }
  free (source_bytes);
}

/* If the kernel's copy fails, the program copies. */
Test (faults, kernel_copies_fall_back)
{
  static const int error[] = { EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EIO };
  source_bytes = rnd_bytes (3, SIZE);
  for (unsigned i = 0; i < 6; i++)
    {
      place at = enter ();
      captured h;
      size_t n;
      put_file (in (&at, "in"), source_bytes, SIZE);
      fault_errno = error[i];
      left[COPY] = 2;
      cr_assert_eq (convert (&at, &h, 0, 1), 0, "%s", h.text);
      cr_assert_eq (left[COPY], 0);
      uint8_t *bytes = get_file (in (&at, "a"), &n);
      cr_assert (n == 3 * SIZE + 4 && memcmp (bytes, source_bytes, SIZE) == 0);
      free (bytes);
      leave (&at);
    }
  free (source_bytes);
}

static _Atomic int failed;        /* a read has failed … */
static _Atomic int delayed_reads; /* … and others followed */

/* One source fails late in time but early in the plan, the other at once: the first is reported. */
static int
delayed_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  delayed_reads += failed;
  bool other = source->part[strlen (source->part) - 1] == '2', bad = other || offset + n > 700000;
  if (!other)
    usleep (bad ? 20000 : 1000);
  failed |= bad;
  return bad ? EIO : fci_source_read (source, offset, to, n);
}

static ssize_t
no_copy (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
  (void) from, (void) from_at, (void) to, (void) to_at, (void) n;
  errno = EXDEV;
  return -1;
}

Test (faults, the_error_does_not_depend_on_threads)
{
  static const unsigned threads[] = { 1, 2, 8 };
  struct fci_io io = fci_io_system;
  char first[4096] = "";
  io.read = delayed_read;
  io.copy_file_range = no_copy;
  source_bytes = rnd_bytes (3, SIZE);
  place at = enter ();
  put_file (in (&at, "in"), source_bytes, SIZE);
  put_file (in (&at, "in2"), source_bytes, SIZE);
  for (unsigned i = 0; i < 3; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, threads[i], 2 << 20);
      fmtconv_view *v[8];
      for (unsigned k = 0; k < 8; k++)
        v[k] = fmtconv_view_leaf (open_source (ctx, in (&at, k < 6 ? "in" : "in2")), k % 6 * 100000,
                                  FMTCONV_U8, 1, (const uint64_t[]){ 300000 }, NULL);
      cr_assert_eq (run (ctx, layout_of (ctx, 8, v), in (&at, "out"), &io, NULL), FMTCONV_E_IO);
      cr_assert_eq (n_entries (at.path), 2);
      if (i == 0)
        strcpy (first, h.text);
      cr_assert_null (strstr (h.text, "in2"), "%s", h.text);
      if (i == 0) /* nothing is done after the error */
        cr_assert_eq (delayed_reads, 0);
      cr_assert_str_eq (h.text, first);
      fmtconv_ctx_free (ctx);
    }
  leave (&at);
  free (source_bytes);
}
