/* tests/unit/zip-faults.c: the Nth allocation, read or write fails while an archive is read, for all N.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/input.h"
#include "core/zip/scratch.h"
#include "tests/unit/temporary.h"
#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The linker sends the library's calls here (--wrap). */
void *__real_malloc (size_t n);
void *__real_calloc (size_t n, size_t size);
ssize_t __real_pread (int fd, void *to, size_t n, off_t at);
ssize_t __real_pwrite (int fd, const void *from, size_t n, off_t at);
int __real_open (const char *path, int flags, mode_t mode);
void *__wrap_malloc (size_t n);
void *__wrap_calloc (size_t n, size_t size);
ssize_t __wrap_pread (int fd, void *to, size_t n, off_t at);
ssize_t __wrap_pwrite (int fd, const void *from, size_t n, off_t at);
int __wrap_open (const char *path, int flags, ...);

enum
{
  NOTHING,
  MEMORY,
  READS,
  WRITES,
  INTERRUPTS, /* reads and writes are interrupted, or do half of the work */
  NO_TMPFILE
};

static int fails;
static long countdown; /* calls that still work */
static unsigned tick;

static int
strikes (int what)
{
  return fails == what && countdown-- <= 0;
}

void *
__wrap_malloc (size_t n)
{
  return strikes (MEMORY) ? NULL : __real_malloc (n);
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return strikes (MEMORY) ? NULL : __real_calloc (n, size);
}

/* Returns 0 to continue with *n bytes; otherwise the call fails with that error. */
static int
disturb (int what, size_t *n)
{
  if (strikes (what))
    return EIO;
  if (fails != INTERRUPTS)
    return 0;
  if (tick++ % 3 == 0)
    return EINTR;
  *n = *n > 1 ? *n / 2 : *n;
  return 0;
}

ssize_t
__wrap_pread (int fd, void *to, size_t n, off_t at)
{
  errno = disturb (READS, &n);
  return errno ? -1 : __real_pread (fd, to, n, at);
}

ssize_t
__wrap_pwrite (int fd, const void *from, size_t n, off_t at)
{
  errno = disturb (WRITES, &n);
  return errno ? -1 : __real_pwrite (fd, from, n, at);
}

int
__wrap_open (const char *path, int flags, ...)
{
  va_list ap;
  va_start (ap, flags);
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE; /* its bits include O_DIRECTORY */
  const mode_t mode = flags & O_CREAT || unnamed ? va_arg (ap, mode_t) : 0;
  va_end (ap);
  if (fails == NO_TMPFILE && unnamed)
    {
      errno = EOPNOTSUPP;
      return -1;
    }
  return __real_open (path, flags, mode);
}

static char folder[TEMPORARY_PATH];   /* of scratch files */
static char path[TEMPORARY_PATH + 8]; /* of the archive */
static uint8_t *large;
static zm_member members[] = { { .name = "r/data.pkl", .size = 40, .how = ZM_TORCH },
                               { .name = "r/small", .size = 3000, .how = ZM_DEFLATE },
                               { .name = "r/large", .size = (16 << 20) + 5, .how = ZM_DEFLATE } };

static void
start (void)
{
  large = calloc (1, members[2].size);
  for (size_t i = 0; i < 3; i++)
    members[i].bytes = large;
  zm_archive a = zm_make (members, 3, 1);
  snprintf (path, sizeof path, "%s.zip", temporary_folder (folder, "faults"));
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  cr_assert_eq (write (fd, a.bytes, a.n), (ssize_t) a.n);
  close (fd);
  zm_free (&a);
}

static void
stop (void)
{
  fails = NOTHING;
  cr_expect_eq (unlink (path), 0);
  cr_expect_eq (rmdir (folder), 0, "nothing is left in the folder");
  free (large);
}

TestSuite (faults, .init = start, .fini = stop);

/* Reads the archive completely. Returns the code of the error, 0: none. */
static int
read_all (record *r)
{
  fmtconv_ctx *ctx = record_ctx (r);
  if (!ctx)
    return FMTCONV_E_NOMEM;
  fci_scratch_use (ctx, folder);
  fmtconv_zip *zip = fmtconv_zip_open (fmtconv_input_open (fci_input_user (ctx, path)), 0);
  bool right = true;
  for (size_t i = 0; i < 3; i++)
    {
      const void *bytes = sample_take (fmtconv_zip_member (zip, members[i].name));
      right = right && bytes && memcmp (bytes, large, members[i].size) == 0;
    }
  const int code = fmtconv_ctx_failed (ctx);
  cr_expect_eq (right, code == 0, "what is handed out is right, or there is an error: %s", r->text);
  cr_expect_eq (r->n_errors, code != 0);
  fmtconv_ctx_free (ctx);
  return code;
}

/* Until all calls work. */
static void
expect_all_found (int what, int code)
{
  record r;
  for (long n = 0;; n++)
    {
      fails = what;
      countdown = n;
      const int got = read_all (&r);
      const bool struck = countdown < 0;
      fails = NOTHING;
      if (!struck)
        {
          cr_expect_eq (got, 0);
          cr_expect_gt (n, 3);
          return;
        }
      cr_expect_eq (got, code, "call %ld: %s", n, r.text);
      countdown = 0;
    }
}

Test (faults, every_allocation)
{
  expect_all_found (MEMORY, FMTCONV_E_NOMEM);
}

Test (faults, every_read)
{
  expect_all_found (READS, FMTCONV_E_IO);
}

Test (faults, every_write)
{
  expect_all_found (WRITES, FMTCONV_E_IO);
}

Test (faults, interrupted_and_short_calls)
{
  record r;
  fails = INTERRUPTS;
  cr_expect_eq (read_all (&r), 0, "%s", r.text);
}

Test (faults, file_system_without_unnamed_files)
{
  record r;
  fails = NO_TMPFILE;
  cr_expect_eq (read_all (&r), 0, "%s", r.text);
}
