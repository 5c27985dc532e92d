/* core/source/leads-out.c: tests whether a path leads out of a folder.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/source/follow.h"
#include "core/source/leads-out.h"
#include "core/source/within.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  ON_THE_WAY = 2 /* no answer yet: the path has more components */
};

/* Closes a folder without a change of errno; returns `answer`. */
static int
leave (int fd, int answer)
{
  const int error = errno;
  close (fd);
  errno = error;
  return answer;
}

/* Returns 1 if the open folder is not inside `bound`, else 0; -1: errno. */
static int
is_out (int folder, const struct stat *bound)
{
  const int inside = fci_folder_is_within (folder, bound);
  return inside < 0 ? -1 : !inside;
}

/* Goes to another folder, `name` in `at`.  Returns ON_THE_WAY; -1: errno. */
static int
enter (int *folder, int at, const char *name, int flags)
{
  const int fd = openat (at, name, FCI_O_SEARCH | flags);
  if (fd < 0)
    return -1;
  close (*folder);
  *folder = fd;
  return ON_THE_WAY;
}

/* Judges a name that cannot be followed: as the folder that it would be in, unless it is a link. */
static int
judge_missing (int folder, const char *name, const struct stat *bound)
{
  char target[2];
  if (!fci_is_absent (errno))
    return -1;
  if (readlinkat (folder, name, target, sizeof target) >= 0)
    return 1;
  return fci_is_absent (errno) || errno == EINVAL ? is_out (folder, bound) : -1;
}

/* Judges the last component, which is at `place`. */
static int
judge_last (int folder, const fci_place *place, const struct stat *bound)
{
  const int out = is_out (place->folder, bound);
  if (out <= 0)
    return out;
  const int is_blob = fci_folder_is_cache_of (place->folder, folder);
  return is_blob < 0 ? -1 : !is_blob;
}

/* Takes one component.  Returns the answer, or ON_THE_WAY. */
static int
step (int *folder, const char *name, bool is_last, const struct stat *bound)
{
  fci_place place;
  if (!*name || strcmp (name, ".") == 0)
    return ON_THE_WAY;
  if (strcmp (name, "..") == 0)
    return enter (folder, *folder, name, 0);
  if (fci_follow (*folder, name, &place) != 0)
    return judge_missing (*folder, name, bound);
  int answer =
      is_last ? judge_last (*folder, &place, bound) : enter (folder, place.folder, place.name, O_NOFOLLOW);
  if (!is_last && answer < 0
      && fci_is_absent (errno)) /* a file in the place of a folder: opening it will fail */
    answer = is_out (place.folder, bound);
  return leave (place.folder, answer);
}

/* Takes all components. */
static int
walk (int *folder, const char *path, const struct stat *bound)
{
  char name[FCI_PATH_MAX];
  if (*path == '/' && enter (folder, *folder, "/", 0) < 0)
    return -1;
  while (*path)
    {
      const size_t n = strcspn (path, "/");
      if (n >= sizeof name)
        {
          errno = ENAMETOOLONG;
          return -1;
        }
      memcpy (name, path, n);
      name[n] = '\0';
      path += n;
      path += strspn (path, "/");
      const int answer = step (folder, name, !*path, bound);
      if (answer != ON_THE_WAY)
        return answer;
    }
  return is_out (*folder, bound);
}

int
fci_path_leads_out (const char *folder, const char *path)
{
  struct stat bound;
  int fd = open (*folder ? folder : ".", FCI_O_SEARCH);
  if (fd < 0)
    return fci_is_absent (errno) ? *path == '/' : -1;
  int answer = fstat (fd, &bound) == 0 ? walk (&fd, path, &bound) : -1;
  return leave (fd, answer);
}
