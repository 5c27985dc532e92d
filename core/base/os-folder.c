/* core/base/os-folder.c: a folder as the system sees it: file system, attributes, processes that work in it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if HAVE_DECL_SYS_OPENAT2
#include <sys/syscall.h>
#endif
#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#endif
#ifdef HAVE_SYS_VFS_H
#include <sys/vfs.h>
#endif
#ifdef HAVE_SYS_XATTR_H
#include <sys/xattr.h>
#endif

bool
fci_os_is_layered (int folder)
{
#if defined __linux__ && defined HAVE_SYS_VFS_H
  struct statfs fs;
  return fstatfs (folder, &fs) == 0 && (unsigned long) fs.f_type == 0x794c7630; /* OVERLAYFS_SUPER_MAGIC */
#else
  (void) folder;
  return false;
#endif
}

bool
fci_os_has_no_attributes (int folder)
{
#if defined __linux__ && defined HAVE_FLISTXATTR && defined HAVE_SYS_XATTR_H
  static const char label[] = "security.selinux"; /* which the system gives to each file */
  char names[1024];
  const int error = errno;
  const ssize_t n = flistxattr (folder, names, sizeof names);
  const bool none = n < 0 ? errno == ENOTSUP || errno == ENOSYS
                          : n == 0 || (n == sizeof label && memcmp (names, label, sizeof label) == 0);
  errno = error;
  return none;
#else
  (void) folder;
  return false;
#endif
}

bool
fci_os_is_not_mounted (int parent, const char *name)
{
#if defined HAVE_LINUX_OPENAT2_H && HAVE_DECL_SYS_OPENAT2
  struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV };
  int fd = (int) syscall (SYS_openat2, parent, name, &how, sizeof how);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
#else
  (void) parent, (void) name;
  return false;
#endif
}

void
fci_os_working_folders (void (*found) (void *arg, const struct stat *folder), void *arg)
{
  struct stat st;
  char path[64];
  if (stat (".", &st) == 0)
    found (arg, &st);
  DIR *processes = opendir ("/proc");
  for (const struct dirent *entry; processes && (entry = readdir (processes));)
    if (strspn (entry->d_name, "0123456789") == strlen (entry->d_name)
        && snprintf (path, sizeof path, "%s/cwd", entry->d_name) < (int) sizeof path
        && fstatat (dirfd (processes), path, &st, 0) == 0)
      found (arg, &st);
  if (processes)
    closedir (processes);
}
