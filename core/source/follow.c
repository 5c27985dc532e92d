/* core/source/follow.c: follows links in a folder, one component after the other.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/follow.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum
{
  MAX_LINKS = 40 /* as Linux allows */
};

static int
fail (int error)
{
  errno = error;
  return -1;
}

/* Goes to a folder in the current one, or to "/" or "..". */
static int
enter (fci_place *place, const char *name)
{
  int fd = openat (place->folder, name, FCI_O_SEARCH | O_NOFOLLOW);
  if (fd < 0)
    return -1;
  close (place->folder);
  place->folder = fd;
  return 0;
}

/* Separates the first component from the rest of a path, which starts after the slashes that follow. */
static char *
cut (char *path)
{
  char *end = path + strcspn (path, "/"), *rest = end + strspn (end, "/");
  *end = '\0';
  return rest;
}

/* Puts the target of a link (n bytes) in front of the rest of the path.  `path` has FCI_PATH_MAX bytes. */
static int
prepend (char *path, const char *target, size_t n, const char *rest)
{
  const size_t left = strlen (rest);
  if (n + 1 + left >= FCI_PATH_MAX)
    return fail (ENAMETOOLONG);
  memmove (path + n + 1, rest, left + 1);
  memcpy (path, target, n);
  path[n] = '/';
  return 0;
}

/* Goes to "/" if the path begins there, and removes the slashes. */
static int
start (fci_place *place, char *path)
{
  const size_t n = strspn (path, "/");
  if (n > 0 && enter (place, "/") != 0)
    return -1;
  memmove (path, path + n, strlen (path + n) + 1);
  return 0;
}

/* Reads the target of a link.  Returns its length; 0: not a link; -1: errno is set. */
static ssize_t
read_link (int folder, const char *name, char target[FCI_PATH_MAX])
{
  if (*name == '\0' || strcmp (name, ".") == 0)
    return 0;
  ssize_t n = readlinkat (folder, name, target, FCI_PATH_MAX);
  if (n == FCI_PATH_MAX)
    return fail (ENAMETOOLONG);
  return n < 0 && errno == EINVAL ? 0 : n;
}

/* Follows the path in place->name until it is one name that is not a link. */
static int
walk (fci_place *place)
{
  char target[FCI_PATH_MAX], *path = place->name;
  for (int links = 0; start (place, path) == 0;)
    {
      const char *rest = cut (path);
      const ssize_t n = read_link (place->folder, path, target);
      if (n < 0)
        return -1;
      if (n > 0)
        {
          if (++links > MAX_LINKS)
            return fail (ELOOP);
          if (prepend (path, target, (size_t) n, rest) != 0)
            return -1;
          continue;
        }
      if (*rest == '\0' && *path && strcmp (path, "..") != 0)
        return 0;
      if (*path && enter (place, path) != 0)
        return -1;
      rest = *rest ? rest : "."; /* the folder itself */
      memmove (path, rest, strlen (rest) + 1);
    }
  return -1;
}

int
fci_follow (int folder, const char *name, fci_place *place)
{
  place->folder = openat (folder, ".", FCI_O_SEARCH);
  if (place->folder < 0)
    return -1;
  if (strlen (name) >= sizeof place->name)
    {
      close (place->folder);
      return fail (ENAMETOOLONG);
    }
  strcpy (place->name, name);
  if (walk (place) == 0)
    return 0;
  int error = errno;
  close (place->folder);
  return fail (error);
}
