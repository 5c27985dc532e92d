/* core/base/os-rename.c: names that are given to files without a moment at which one is missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os-missing.h"
#include "core/base/os.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if HAVE_DECL_SYS_RENAMEAT2
#include <sys/syscall.h>
#endif

static int
rename_by_system (int folder, const char *from, const char *to, unsigned flags)
{
#if defined HAVE_RENAMEAT2
  return renameat2 (folder, from, folder, to, flags);
#elif HAVE_DECL_SYS_RENAMEAT2
  return (int) syscall (SYS_renameat2, folder, from, folder, to, flags);
#elif defined HAVE_RENAMEATX_NP
  return renameatx_np (folder, from, folder, to, flags == FCI_RENAME_EXCHANGE ? RENAME_SWAP : RENAME_EXCL);
#else
  (void) folder, (void) from, (void) to, (void) flags;
  errno = ENOSYS;
  return -1;
#endif
}

/* Removes a name without a change of errno.  Returns -1. */
static int
fail_and_remove (int folder, const char *name, int flags)
{
  int error = errno;
  unlinkat (folder, name, flags);
  errno = error;
  return -1;
}

/* Creates an empty file or folder under the new name, which fails if the name exists, and renames over that. */
static int
rename_to_reserved (int folder, const char *from, const char *to)
{
  struct stat st;
  int fd = -1;
  if (fstatat (folder, from, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return -1;
  const bool is_folder = S_ISDIR (st.st_mode);
  if (is_folder ? mkdirat (folder, to, 0700) != 0
                : (fd = openat (folder, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
    return -1;
  if (fd >= 0)
    close (fd);
  if (renameat (folder, from, folder, to) == 0)
    return 0;
  return fail_and_remove (folder, to, is_folder ? AT_REMOVEDIR : 0);
}

static int
rename_new (int folder, const char *from, const char *to)
{
  if (linkat (folder, from, folder, to, 0) != 0)
    return errno == EEXIST ? -1 : rename_to_reserved (folder, from, to);
  return unlinkat (folder, from, 0) == 0 ? 0 : fail_and_remove (folder, to, 0);
}

/* Keeps the old file by a second name, the last letter of `from` changed, until both have their new names. */
static int
exchange_by_link (int folder, const char *from, const char *to)
{
  char spare[NAME_MAX + 1];
  const size_t n = strlen (from);
  if (n == 0 || n >= sizeof spare)
    {
      errno = EINVAL;
      return -1;
    }
  memcpy (spare, from, n + 1);
  spare[n - 1] = from[n - 1] == '~' ? '-' : '~';
  int kept = linkat (folder, to, folder, spare, 0);
  if (kept != 0 && errno == EEXIST && unlinkat (folder, spare, 0) == 0) /* of a run that was killed */
    kept = linkat (folder, to, folder, spare, 0);
  if (kept != 0)
    {
      errno = errno == ENOENT ? ENOENT : EINVAL;
      return -1;
    }
  if (renameat (folder, from, folder, to) != 0)
    return fail_and_remove (folder, spare, 0);
  if (renameat (folder, spare, folder, from) == 0)
    return 0;
  const int error = errno;
  if (renameat (folder, spare, folder, to) != 0) /* the old file goes back to its name */
    return -1;
  errno = error;
  return -1;
}

int
fci_os_rename (int folder, const char *from, const char *to, unsigned flags)
{
  if (flags == 0)
    return renameat (folder, from, folder, to);
  int done = rename_by_system (folder, from, to, flags);
  if (done == 0 || !fci_os_is_missing ()
      || (errno == EPERM && flags == FCI_RENAME_EXCHANGE)) /* a file of another user */
    return done;
  return flags == FCI_RENAME_NOREPLACE ? rename_new (folder, from, to) : exchange_by_link (folder, from, to);
}

int
fci_os_link (int from_folder, const char *from, int to_folder, const char *to)
{
  return linkat (from_folder, from, to_folder, to, 0);
}
