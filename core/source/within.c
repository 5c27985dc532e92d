/* core/source/within.c: tests whether a folder is inside another.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/message.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/source/within.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum
{
  MAX_DEPTH = 4096 /* folders on the way to the root */
};

static bool
same (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Closes a folder without a change of errno; returns `answer`. */
static int
leave (int fd, int answer)
{
  const int error = errno;
  if (fd >= 0)
    close (fd);
  errno = error;
  return answer;
}

/* Goes from the open folder *fd, which is `here`, to the one above.  Returns 1; 0: this is the root, or the user may not go
 * further up, as where a home is closed to a user who was given one folder in it; -1: errno is set. */
static int
climb (int *fd, struct stat *here)
{
  struct stat above;
  const int parent = openat (*fd, "..", FCI_O_SEARCH);
  if (parent < 0)
    return errno == EACCES ? 0 : -1;
  leave (*fd, 0);
  *fd = parent;
  if (fstat (parent, &above) != 0)
    return -1;
  const bool is_root = same (&above, here);
  *here = above;
  return !is_root;
}

/* Climbs from the open folder `fd`, which it closes, to the root.  Returns 1 if it meets `wanted`, else 0; -1: errno. */
static int
is_below (int fd, const struct stat *wanted)
{
  struct stat here;
  int more = fd >= 0 && fstat (fd, &here) == 0 ? 1 : -1;
  for (int depth = 0; more > 0 && depth < MAX_DEPTH; depth++)
    {
      if (same (&here, wanted))
        return leave (fd, 1);
      more = climb (&fd, &here);
    }
  return leave (fd, more < 0 ? -1 : 0);
}

bool
fci_output_is_within (fmtconv_ctx *ctx, const char *folder, const struct stat *wanted)
{
  const int answer = is_below (open (folder, FCI_O_SEARCH), wanted);
  if (answer < 0
      && !fci_is_absent (errno)) /* a folder that does not exist is reported when it is opened to write */
    fci_fail_io (ctx, folder, "cannot find the folders above it");
  return answer > 0;
}

int
fci_folder_is_within (int folder, const struct stat *wanted)
{
  return is_below (openat (folder, ".", FCI_O_SEARCH), wanted);
}

/* Returns 1 if a name in a folder is the folder of `wanted` itself, not a link to it, else 0; -1: errno is set. */
static int
has_folder (int folder, const char *name, const struct stat *wanted)
{
  struct stat st;
  if (fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return fci_is_absent (errno) ? 0 : -1;
  return same (&st, wanted);
}

/* Returns 1 if a folder has `below` as snapshots/ and `wanted` as blobs/, else 0; -1: errno is set. */
static int
is_cache (int fd, const struct stat *below, const struct stat *wanted)
{
  const int answer = has_folder (fd, "snapshots", below);
  return answer > 0 ? has_folder (fd, "blobs", wanted) : answer;
}

int
fci_folder_is_cache_of (int blobs, int snapshot)
{
  struct stat wanted, here;
  int answer = 0, more = 1, fd = openat (snapshot, ".", FCI_O_SEARCH);
  if (fd < 0 || fstat (blobs, &wanted) != 0 || fstat (fd, &here) != 0)
    return leave (fd, -1);
  for (int depth = 0; more > 0 && answer == 0 && depth < MAX_DEPTH; depth++)
    {
      const struct stat below = here;
      more = climb (&fd, &here);
      if (more > 0 && depth > 0)
        answer = is_cache (fd, &below, &wanted);
    }
  return leave (fd, more < 0 ? -1 : answer);
}
