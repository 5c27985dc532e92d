/* core/base/os-file.c: bytes of open files: copied, announced, reserved, locked.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os-missing.h"
#include "core/base/os.h"
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

ssize_t
fci_os_copy_range (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
#ifdef HAVE_COPY_FILE_RANGE
  return copy_file_range (from, from_at, to, to_at, n, 0);
#else
  (void) from, (void) from_at, (void) to, (void) to_at, (void) n;
  errno = ENOSYS;
  return -1;
#endif
}

void
fci_os_will_need (int fd, off_t at, off_t n)
{
#if defined HAVE_POSIX_FADVISE
  (void) posix_fadvise (fd, at, n, POSIX_FADV_WILLNEED);
#elif HAVE_DECL_F_RDADVISE
  struct radvisory range = { .ra_offset = at, .ra_count = n > INT_MAX ? INT_MAX : (int) n };
  (void) fcntl (fd, F_RDADVISE, &range);
#else
  (void) fd, (void) at, (void) n;
#endif
}

void
fci_os_drop_cache (int fd)
{
#if defined HAVE_POSIX_FADVISE
  (void) posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
#else
  (void) fd;
#endif
}

/* Reserves blocks.  Does not use posix_fallocate, which writes every block if the file system cannot reserve. */
static int
reserve (int fd, off_t size)
{
#if defined HAVE_FALLOCATE
  return fallocate (fd, 0, 0, size);
#elif HAVE_DECL_F_PREALLOCATE
  fstore_t store = { .fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = size };
  return fcntl (fd, F_PREALLOCATE, &store) == -1 ? -1 : 0;
#else
  (void) fd, (void) size;
  errno = ENOSYS;
  return -1;
#endif
}

int
fci_os_reserve (int fd, off_t size)
{
  if (size > 0 && reserve (fd, size) != 0 && !fci_os_is_missing ())
    return -1;
  return ftruncate (fd, size);
}

int
fci_os_lock (int fd)
{
#ifdef HAVE_FLOCK
  return flock (fd, LOCK_EX | LOCK_NB);
#else
  (void) fd;
  errno = ENOLCK;
  return -1;
#endif
}

int
fci_os_lock_shared (int fd)
{
#ifdef HAVE_FLOCK
  return flock (fd, LOCK_SH | LOCK_NB);
#else
  (void) fd;
  errno = ENOLCK;
  return -1;
#endif
}

struct timespec
fci_os_mtime (const struct stat *st)
{
#if defined HAVE_STRUCT_STAT_ST_MTIM
  return st->st_mtim;
#elif defined HAVE_STRUCT_STAT_ST_MTIMESPEC
  return st->st_mtimespec;
#else
  return (struct timespec){ .tv_sec = st->st_mtime };
#endif
}
