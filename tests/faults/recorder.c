/* tests/faults/recorder.c: a library, loaded before the C library, that writes down each call that changes files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * RECORD names the file for that, of which each line is a call that succeeded, with inode numbers and hexadecimal bytes:
 *   create FOLDER NAME FILE · mkdir FOLDER NAME FILE · link FOLDER NAME FILE · unlink FOLDER NAME
 *   rename FOLDER FROM TO FLAGS · write FILE OFFSET SECONDS NANOSECONDS BYTES · size FILE BYTES SECONDS NANOSECONDS · sync FILE
 * What is created stays open, so that no inode number is given twice. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static FILE *record;

__attribute__ ((constructor)) static void
start (void)
{
  const char *path = getenv ("RECORD");
  const int fd =
      path ? (int) syscall (SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  record = fd >= 0 ? fdopen (fd, "w") : NULL;
}

#define REAL(name)                \
  static __typeof__ (name) *real; \
  if (!real)                      \
    real = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name);

static unsigned long
inode_of (int fd)
{
  struct stat st;
  if (fd == AT_FDCWD)
    return stat (".", &st) == 0 ? (unsigned long) st.st_ino : 0;
  return fstat (fd, &st) == 0 ? (unsigned long) st.st_ino : 0;
}

/* Writes a line for a name that a folder got or lost; file: its inode number, 0: none. */
static void
note_name (const char *what, int folder, const char *name, unsigned long file)
{
  const int error = errno;
  if (record)
    fprintf (record, file ? "%s %lu %s %lu\n" : "%s %lu %s\n", what, inode_of (folder), name, file);
  errno = error;
}

static void
note_made (const char *what, int folder, const char *name, int flags)
{
  const int error = errno, fd = (int) syscall (SYS_openat, folder, name, flags | O_CLOEXEC);
  note_name (what, folder, name, inode_of (fd)); /* stays open */
  errno = error;
}

static void
note_time (int fd)
{
  struct stat st;
  if (fstat (fd, &st) == 0)
    fprintf (record, " %lld %ld", (long long) st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void
note_bytes (int fd, const unsigned char *bytes, size_t n, long long at)
{
  const int error = errno;
  struct stat st;
  if (record && fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    {
      fprintf (record, "write %lu %lld", (unsigned long) st.st_ino, at);
      note_time (fd);
      fputc (' ', record);
      for (size_t i = 0; i < n; i++)
        fprintf (record, "%02x", bytes[i]);
      fputc ('\n', record);
    }
  errno = error;
}

static void
note_size (int fd, long long size)
{
  const int error = errno;
  if (record)
    {
      fprintf (record, "size %lu %lld", inode_of (fd), size);
      note_time (fd);
      fputc ('\n', record);
    }
  errno = error;
}

#define OPENAT(name)                                                       \
  int name (int folder, const char *path, int flags, ...)                  \
  {                                                                        \
    va_list ap;                                                            \
    va_start (ap, flags);                                                  \
    const int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg (ap, int) : 0; \
    va_end (ap);                                                           \
    REAL (name)                                                            \
    const int fd = real (folder, path, flags, mode);                       \
    if (fd >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))     \
      note_made ("create", folder, path, O_RDONLY);                        \
    return fd;                                                             \
  }
OPENAT (openat)
OPENAT (openat64)

#define PWRITE(name, type)                                       \
  ssize_t name (int fd, const void *from, size_t n, type offset) \
  {                                                              \
    REAL (name)                                                  \
    const ssize_t done = real (fd, from, n, offset);             \
    if (done > 0)                                                \
      note_bytes (fd, from, (size_t) done, offset);              \
    return done;                                                 \
  }
PWRITE (pwrite, off_t)
PWRITE (pwrite64, off64_t)

ssize_t
copy_file_range (int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
  REAL (copy_file_range)
  const off64_t at = to_at ? *to_at : 0;
  const ssize_t done = real (from, from_at, to, to_at, n, flags);
  unsigned char *bytes = done > 0 ? malloc ((size_t) done) : NULL;
  if (bytes && pread64 (to, bytes, (size_t) done, at) == done)
    note_bytes (to, bytes, (size_t) done, at);
  free (bytes);
  return done;
}

#define FALLOCATE(name, type)                      \
  int name (int fd, int mode, type offset, type n) \
  {                                                \
    REAL (name)                                    \
    const int code = real (fd, mode, offset, n);   \
    if (code == 0)                                 \
      note_size (fd, offset + n);                  \
    return code;                                   \
  }
FALLOCATE (fallocate, off_t)
FALLOCATE (fallocate64, off64_t)

#define FTRUNCATE(name, type)      \
  int name (int fd, type n)        \
  {                                \
    REAL (name)                    \
    const int code = real (fd, n); \
    if (code == 0)                 \
      note_size (fd, n);           \
    return code;                   \
  }
FTRUNCATE (ftruncate, off_t)
FTRUNCATE (ftruncate64, off64_t)

#define FSYNC(name)                                  \
  int name (int fd)                                  \
  {                                                  \
    REAL (name)                                      \
    const int code = real (fd);                      \
    if (code == 0 && record)                         \
      fprintf (record, "sync %lu\n", inode_of (fd)); \
    return code;                                     \
  }
FSYNC (fsync)
FSYNC (fdatasync)

static int
note_rename (int code, int folder, const char *from, const char *to, unsigned flags)
{
  const int error = errno;
  if (code == 0 && record)
    fprintf (record, "rename %lu %s %s %u\n", inode_of (folder), from, to, flags);
  errno = error;
  return code;
}

int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  REAL (renameat)
  return note_rename (real (from_folder, from, to_folder, to), to_folder, from, to, 0);
}

int
renameat2 (int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  REAL (renameat2)
  return note_rename (real (from_folder, from, to_folder, to, flags), to_folder, from, to, flags);
}

int
linkat (int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  REAL (linkat)
  const int code = real (from_folder, from, to_folder, to, flags);
  if (code == 0)
    note_made ("link", to_folder, to, O_PATH | O_NOFOLLOW);
  return code;
}

int
unlinkat (int folder, const char *path, int flags)
{
  REAL (unlinkat)
  const int code = real (folder, path, flags);
  if (code == 0)
    note_name ("unlink", folder, path, 0);
  return code;
}

int
mkdirat (int folder, const char *path, mode_t mode)
{
  REAL (mkdirat)
  const int code = real (folder, path, mode);
  if (code == 0)
    note_made ("mkdir", folder, path, O_RDONLY | O_DIRECTORY);
  return code;
}
