/* core/exec/publish/twin.c: second names of files, left where a link stood for a rename.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/publish/lock.h"
#include "core/exec/publish/twin.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
fci_twin_remove (int folder, int fd)
{
  struct stat open, named;
  if (fstat (fd, &open) != 0 || !S_ISREG (open.st_mode) || open.st_nlink != 2 || open.st_uid != geteuid ())
    return;
  int list = openat (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = list >= 0 ? fdopendir (list) : NULL;
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    if (fci_is_temporary (entry->d_name) && fstatat (folder, entry->d_name, &named, AT_SYMLINK_NOFOLLOW) == 0
        && named.st_dev == open.st_dev && named.st_ino == open.st_ino)
      {
        unlinkat (folder, entry->d_name, 0);
        break;
      }
  if (dir)
    closedir (dir);
  else if (list >= 0)
    close (list);
}
