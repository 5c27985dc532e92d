/* core/exec/worker/io.c: system calls, with fallbacks for older kernels and some file systems.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/io.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t
system_copy (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
#ifdef HAVE_COPY_FILE_RANGE
  return copy_file_range (from, from_at, to, to_at, n, 0);
#else
  (void) from, (void) from_at, (void) to, (void) to_at, (void) n;
  errno = ENOSYS;
  return -1;
#endif
}

static void
system_will_need (int fd, off_t at, off_t n)
{
  (void) posix_fadvise (fd, at, n, POSIX_FADV_WILLNEED);
}

/* Does not use posix_fallocate, which writes every block if the file system cannot reserve. */
static int
system_fallocate (int fd, off_t size)
{
  if (size > 0 && fallocate (fd, 0, 0, size) == 0)
    return 0;
  if (size > 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
    return -1;
  return ftruncate (fd, size);
}

/* Renames to a name that must not exist, without renameat2: by a hard link, or else after a check. */
static int
rename_new (int folder, const char *from, const char *to)
{
  struct stat st;
  if (linkat (folder, from, folder, to, 0) == 0)
    return unlinkat (folder, from, 0);
  if (errno == EEXIST)
    return -1;
  if (fstatat (folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
      errno = EEXIST;
      return -1;
    }
  return renameat (folder, from, folder, to);
}

static int
system_rename (int folder, const char *from, const char *to, unsigned flags)
{
  if (flags == 0)
    return renameat (folder, from, folder, to);
#ifdef HAVE_RENAMEAT2
  if (renameat2 (folder, from, folder, to, flags) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
#endif
  if (flags == RENAME_NOREPLACE)
    return rename_new (folder, from, to);
  errno = EINVAL;
  return -1;
}

const struct fci_io fci_io_system = {
  .read = fci_source_read,
  .pwrite = pwrite,
  .copy_file_range = system_copy,
  .will_need = system_will_need,
  .fallocate = system_fallocate,
  .fsync = fsync,
  .close = close,
  .mkdir = mkdirat,
  .rename = system_rename,
};
