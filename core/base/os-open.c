/* core/base/os-open.c: opens files inside a folder, and without a name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os-missing.h"
#include "core/base/os.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if HAVE_DECL_SYS_OPENAT2
#include <sys/syscall.h>
#endif
#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#endif

int
fci_os_open_beneath (int folder, const char *name, int flags)
{
#if defined HAVE_LINUX_OPENAT2_H && HAVE_DECL_SYS_OPENAT2
  struct open_how how = { .flags = (unsigned) flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
  int fd = (int) syscall (SYS_openat2, folder, name, &how, sizeof how);
  if (fd >= 0 || (!fci_os_is_missing () && errno != E2BIG))
    return fd;
#endif
#if HAVE_DECL_O_RESOLVE_BENEATH
  int opened = openat (folder, name, flags | O_RESOLVE_BENEATH);
#if HAVE_DECL_ENOTCAPABLE
  errno = opened < 0 && errno == ENOTCAPABLE ? EXDEV : errno;
#endif
  return opened;
#else
  struct stat st;
  int opened = openat (folder, name, flags | O_NOFOLLOW);
  /* Systems differ in the error for a link that is not followed. */
  if (opened < 0 && fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (st.st_mode))
    errno = ELOOP;
  return opened;
#endif
}

/* Creates a named file and removes its name at once. */
static int
open_and_unlink (const char *folder)
{
  char path[FCI_PATH_MAX];
  if (snprintf (path, sizeof path, "%s/.fmtconv-XXXXXX", folder) >= (int) sizeof path)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
#ifdef HAVE_MKOSTEMP
  int fd = mkostemp (path, O_CLOEXEC);
#else
  int fd = mkstemp (path);
  if (fd >= 0)
    fcntl (fd, F_SETFD, FD_CLOEXEC);
#endif
  if (fd >= 0)
    unlink (path);
  return fd;
}

int
fci_os_open_unnamed (const char *folder)
{
#if HAVE_DECL_O_TMPFILE
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    return fd;
#endif
  return open_and_unlink (folder);
}
