/* core/exec/publish/lock.c: names, locks and modes of temporary files and folders.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum
{
  DECOR = 24, /* bytes that a temporary's name adds to the target's name */
  MAX_NAME = NAME_MAX - DECOR,
  HASH = 1 + 16, /* bytes of a hash with a '-' before it */
  MAX_MAP_STEM = MAX_NAME - 32
};

#define MAP_END ".work" /* of the name of a work map, after that of its output */

/* Writes the part of a temporary's name that says whose it is: the name, or the start of a long one and a hash of all of
 * it, as the shards of a model differ at the end. */
static void
write_stem (const char *name, size_t most, char stem[MAX_NAME + 1])
{
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  const size_t n = strlen (name);
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ (unsigned char) name[i]) * 0x100000001b3u;
  if (n <= most)
    memcpy (stem, name, n + 1);
  else
    snprintf (stem, MAX_NAME + 1, "%.*s-%016" PRIx64, (int) most - HASH, name, hash);
}

const char *
fci_temporary_name (fmtconv_ctx *ctx, const char *name, uint64_t digest)
{
  char stem[MAX_NAME + 1];
  write_stem (name, MAX_NAME, stem);
  return fmtconv_ctx_printf (ctx, ".%s.fmtconv-%08x.tmp", stem,
                             (unsigned) (digest ^ digest >> 32) & 0xffffffffu);
}

bool
fci_temporary_is_for (const char *target, const char *name)
{
  char stem[MAX_NAME + 1];
  write_stem (name, MAX_NAME, stem);
  return strcmp (target, stem) == 0;
}

const char *
fci_work_map_name (fmtconv_ctx *ctx, const char *output, uint64_t digest, unsigned share, unsigned shares)
{
  char stem[MAX_NAME + 1];
  write_stem (output, MAX_MAP_STEM, stem);
  const char *name = shares ? fmtconv_ctx_printf (ctx, "%s" MAP_END "-%u-%u", stem, share, shares)
                            : fmtconv_ctx_printf (ctx, "%s" MAP_END, stem);
  return name ? fci_temporary_name (ctx, name, digest) : NULL;
}

bool
fci_work_map_is_for (const char *target, const char *output, unsigned *share, unsigned *shares)
{
  char stem[MAX_NAME + 1];
  int end = 0;
  write_stem (output, MAX_MAP_STEM, stem);
  const size_t n = strlen (stem), m = n + strlen (MAP_END);
  *share = *shares = 0;
  if (strncmp (target, stem, n) != 0 || strncmp (target + n, MAP_END, m - n) != 0)
    return false;
  return !target[m]
         || (sscanf (target + m, "-%6u-%6u%n", share, shares, &end) == 2 && !target[m + (size_t) end]
             && *shares > 0 && *share <= *shares);
}

enum
{
  TAIL = 9 + 8 + 4 /* ".fmtconv-", eight digits, ".tmp" */
};

/* The last letter differs while fci_os_rename exchanges files by links. */
bool
fci_is_temporary (const char *entry)
{
  const size_t n = strlen (entry);
  if (n <= TAIL + 1 || entry[0] != '.')
    return false;
  const char *tail = entry + n - TAIL;
  return memcmp (tail, ".fmtconv-", 9) == 0 && strspn (tail + 9, "0123456789abcdef") == 8
         && memcmp (tail + 17, ".tm", 3) == 0 && strchr ("p~", tail[20]);
}

const char *
fci_temporary_target (fmtconv_ctx *ctx, const char *entry)
{
  return fci_is_temporary (entry) ? fci_strndup (ctx, entry + 1, strlen (entry) - TAIL - 1) : NULL;
}

void
fci_lock_pause (void)
{
  const struct timespec time = { .tv_nsec = 5000000 };
  nanosleep (&time, NULL);
}

/* Locks a file by `lock`.  Another process that looks whether it is a leftover holds the lock for a moment.  Returns 0, or -1 with
 * errno. */
static int
lock_soon (int fd, int (*lock) (int fd))
{
  for (int i = 1; lock (fd) != 0; i++)
    {
      if (errno != EWOULDBLOCK || i == FCI_LOCK_LOOKS)
        return -1;
      fci_lock_pause ();
    }
  return 0;
}

bool
fci_lock (int fd, bool made)
{
  if (lock_soon (fd, fci_os_lock) == 0)
    return true;
  return errno != EWOULDBLOCK && made;
}

bool
fci_is_own (int folder, const char *name, int fd)
{
  struct stat a, b;
  return fstat (fd, &a) == 0 && fstatat (folder, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev
         && a.st_ino == b.st_ino && (S_ISDIR (a.st_mode) || (S_ISREG (a.st_mode) && a.st_nlink == 1))
         && a.st_uid == geteuid ();
}

/* Creates a file, or opens the one that is there.  The first mode is that of other programs, so that the umask, or the
 * folder's access list, is seen without being asked for. */
static int
open_any (int folder, const char *name, bool *made)
{
  int fd = openat (folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  *made = fd >= 0;
  if (!*made && errno == EEXIST)
    fd = openat (folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  return fd;
}

int
fci_open_locked (int folder, const char *name, mode_t *mode)
{
  for (int i = 0; i < FCI_TRIES; i++)
    {
      bool made;
      struct stat st;
      int fd = open_any (folder, name, &made);
      if (fd < 0 && errno == ENOENT)
        continue;
      if (fd < 0)
        return -1;
      bool locked = fci_lock (fd, made), busy = !locked && errno == EWOULDBLOCK;
      bool own = locked && fci_is_own (folder, name, fd) && fstat (fd, &st) == 0;
      *mode = own ? st.st_mode & 0777 : 0;
      if (own && made)
        return fd;
      if (own)
        unlinkat (folder, name, 0);
      close (fd);
      errno = busy ? EWOULDBLOCK : EEXIST;
      if (!locked)
        return -1;
    }
  errno = EEXIST;
  return -1;
}

int
fci_open_shared (int folder, const char *name, bool *made)
{
  for (int i = 0; i < FCI_TRIES; i++)
    {
      int fd = open_any (folder, name, made);
      if (fd < 0 && errno == ENOENT)
        continue;
      if (fd < 0)
        return -1;
      const bool busy = lock_soon (fd, fci_os_lock_shared) != 0 && errno == EWOULDBLOCK;
      if (!busy && fci_is_own (folder, name, fd))
        return fd;
      close (fd);
      errno = busy ? EWOULDBLOCK : EEXIST;
      if (busy)
        return -1;
    }
  errno = EEXIST;
  return -1;
}

int
fci_open_left (int folder, const char *name, uint64_t size)
{
  struct stat st;
  int fd = openat (folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return -1;
  const bool locked = fci_os_lock (fd) == 0; /* without waiting: --publish opens the maps of many shares */
  int error = locked ? ENOENT : errno == EWOULDBLOCK ? EWOULDBLOCK : EEXIST;
  if (locked && fci_is_own (folder, name, fd) && fstat (fd, &st) == 0
      && (size == UINT64_MAX || (uint64_t) st.st_size == size))
    return fd;
  close (fd);
  errno = error;
  return -1;
}

/* Ignores EPERM, which file systems without permissions report. */
int
fci_set_mode (int fd, mode_t mode)
{
  return fchmod (fd, mode) == 0 || errno == EPERM || errno == EOPNOTSUPP ? 0 : -1;
}
