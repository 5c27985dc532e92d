/* core/source/safe-open.c: opens a name in a folder without following a link out of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/source/follow.h"
#include "core/source/private.h"
#include "core/source/safe-open.h"
#include "core/source/within.h"
#include <errno.h>
#include <unistd.h>

/* Opens the target of a link that leads out of `folder`, if it is inside the folder that the user named or is a blob of
 * its cache.  What is opened is the name in the folder that was checked, so that the link cannot be swapped in between. */
static int
open_link (const fmtconv_input *folder, const char *name, int flags)
{
  fci_place place;
  if (fci_follow (folder->fd, name, &place) != 0)
    return -1;
  int fine = fci_folder_is_within (place.folder, &folder->top->stat);
  if (fine == 0)
    fine = fci_folder_is_cache_of (place.folder, folder->fd);
  int fd = fine > 0 ? openat (place.folder, place.name, flags | O_NOFOLLOW) : -1;
  const int error = fine == 0 ? EXDEV : errno;
  close (place.folder);
  errno = error;
  return fd;
}

int
fci_open_in_folder (const fmtconv_input *folder, const char *name, int flags)
{
  int fd = fci_os_open_beneath (folder->fd, name, flags);
  if (fd < 0 && (errno == EXDEV || errno == ELOOP))
    fd = open_link (folder, name, flags);
  return fd;
}
