/* core/source/within.c: tests whether a folder is inside another.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/source/within.h"
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

/* Climbs from the open folder `fd`, which it closes, to the root; returns whether it meets `wanted`. */
static bool
is_below (int fd, const struct stat *wanted)
{
  struct stat here, above;
  bool met = false;
  for (int depth = 0; fd >= 0 && depth < MAX_DEPTH && fstat (fd, &here) == 0; depth++)
    {
      int parent;
      if ((met = same (&here, wanted)))
        break;
      parent = openat (fd, "..", FCI_O_SEARCH);
      close (fd);
      fd = parent;
      if (fd >= 0 && fstat (fd, &above) == 0 && same (&above, &here))
        break; /* the root is its own parent */
    }
  if (fd >= 0)
    close (fd);
  return met;
}

bool
fci_path_is_within (const char *folder, const struct stat *wanted)
{
  return is_below (open (folder, FCI_O_SEARCH), wanted);
}

bool
fci_folder_is_within (int folder, const struct stat *wanted)
{
  return is_below (openat (folder, ".", FCI_O_SEARCH), wanted);
}

/* Returns whether a name in a folder is the folder of `wanted` itself, not a link to it. */
static bool
has_folder (int folder, const char *name, const struct stat *wanted)
{
  struct stat st;
  return fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && same (&st, wanted);
}

bool
fci_folder_is_cache_of (int blobs, int snapshot)
{
  struct stat wanted, here, above;
  bool met = false;
  if (fstat (blobs, &wanted) != 0)
    return false;
  int fd = openat (snapshot, ".", FCI_O_SEARCH);
  for (int depth = 0; fd >= 0 && !met && depth < MAX_DEPTH && fstat (fd, &here) == 0; depth++)
    {
      int parent = openat (fd, "..", FCI_O_SEARCH);
      close (fd);
      fd = parent;
      if (fd < 0 || fstat (fd, &above) != 0 || same (&above, &here))
        break;
      met = depth > 0 && has_folder (fd, "snapshots", &here) && has_folder (fd, "blobs", &wanted);
    }
  if (fd >= 0)
    close (fd);
  return met;
}
