/* core/source/safe-open.c: opens a name in a folder without following a link out of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/private.h"
#include "core/source/safe-open.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum
{
  PROC_PATH = 40 /* "/proc/self/fd/" and a number */
};

const char *
fci_real_path (fmtconv_ctx *ctx, int fd)
{
  char proc[PROC_PATH], path[PATH_MAX];
  snprintf (proc, sizeof proc, "/proc/self/fd/%d", fd);
  ssize_t n = readlink (proc, path, sizeof path);
  return n > 0 && (size_t) n < sizeof path && path[0] == '/' ? fci_strndup (ctx, path, (size_t) n) : NULL;
}

/* Opens a name and refuses every link that leads out of the folder; ENOSYS if the kernel or a sandbox
 * lacks openat2. */
static int
open_strictly (int folder, const char *name, int flags)
{
  struct open_how how = { .flags = (uint64_t) flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
  long fd = syscall (SYS_openat2, folder, name, &how, sizeof how);
  if (fd < 0 && (errno == EPERM || errno == EINVAL || errno == E2BIG))
    errno = ENOSYS;
  return (int) fd;
}

/* Returns whether path is inside the folder whose path is the first n bytes of `folder`. */
static bool
is_inside_folder (const char *path, const char *folder, size_t n)
{
  return n > 0 && strncmp (path, folder, n) == 0 && (folder[n - 1] == '/' || path[n] == '/');
}

/* Returns whether path is a blob of a Hugging Face cache: REPO/snapshots/REVISION/… holds links to files
 * in REPO/blobs. */
static bool
is_cached_blob (const char *folder, const char *path)
{
  static const char snapshots[] = "/snapshots/", blobs[] = "/blobs/";
  const char *last = NULL;
  for (const char *s = folder; (s = strstr (s, snapshots)); s++)
    last = s;
  size_t n = last ? (size_t) (last - folder) : 0;
  return n > 0 && strncmp (path, folder, n) == 0 && strncmp (path + n, blobs, sizeof blobs - 1) == 0
         && !strchr (path + n + sizeof blobs - 1, '/');
}

/* Checks the target of a link after opening it, so that it cannot be swapped in between. */
static int
open_link (const fmtconv_input *folder, const char *name, int flags)
{
  int fd = openat (folder->fd, name, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return -1;
  const char *path = fci_real_path (folder->ctx, fd);
  bool fine = path && folder->real && folder->top->real
              && (is_inside_folder (path, folder->top->real, strlen (folder->top->real))
                  || is_cached_blob (folder->real, path));
  char proc[PROC_PATH];
  snprintf (proc, sizeof proc, "/proc/self/fd/%d", fd);
  int opened = fine ? open (proc, flags) : -1, error = fine ? errno : EXDEV;
  close (fd);
  errno = error;
  return opened;
}

int
fci_open_in_folder (const fmtconv_input *folder, const char *name, int flags)
{
  int fd = open_strictly (folder->fd, name, flags);
  if (fd < 0 && errno == ENOSYS)
    fd = openat (folder->fd, name, flags | O_NOFOLLOW);
  if (fd < 0 && (errno == EXDEV || errno == ELOOP))
    fd = open_link (folder, name, flags);
  return fd;
}
