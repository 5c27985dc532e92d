/* cli/plugin-test/files.c: files that tests write, compare and remove.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
tmp_path (const struct tester *t, const char *name)
{
  static char buffers[8][PATH_MAX];
  static unsigned next;
  char *path = buffers[next++ % 8];
  snprintf (path, PATH_MAX, "%s/%s", t->tmp, name);
  return path;
}

bool
put_bytes (const char *path, const void *bytes, size_t n)
{
  FILE *file = fopen (path, "wb");
  const bool good = file && (n == 0 || fwrite (bytes, n, 1, file) == 1);
  return file && fclose (file) == 0 && good;
}

unsigned char *
get_bytes (const char *path, size_t *n)
{
  struct stat st;
  FILE *file = stat (path, &st) == 0 && S_ISREG (st.st_mode) ? fopen (path, "rb") : NULL;
  *n = file ? (size_t) st.st_size : 0;
  unsigned char *bytes = file ? malloc (*n + 1) : NULL;
  if (bytes && *n && fread (bytes, *n, 1, file) != 1)
    {
      free (bytes);
      bytes = NULL;
    }
  if (file)
    fclose (file);
  return bytes;
}

static bool
same_bytes (const char *a, const char *b)
{
  size_t m, n;
  unsigned char *x = get_bytes (a, &m), *y = get_bytes (b, &n);
  const bool same = x && y && m == n && memcmp (x, y, n) == 0;
  free (x);
  free (y);
  return same;
}

/* Returns whether a name is that of a file; not "." and "..". */
static bool
is_entry (const char *name)
{
  return strcmp (name, ".") && strcmp (name, "..");
}

/* Returns whether all that is in one folder is in the other. */
static bool
has_all (const char *a, const char *b)
{
  char x[PATH_MAX], y[PATH_MAX];
  bool same = true;
  DIR *dir = opendir (a);
  for (const struct dirent *entry; dir && same && (entry = readdir (dir));)
    if (is_entry (entry->d_name))
      {
        const int m = snprintf (x, sizeof x, "%s/%s", a, entry->d_name),
                  n = snprintf (y, sizeof y, "%s/%s", b, entry->d_name);
        same = m < PATH_MAX && n < PATH_MAX && same_files (x, y);
      }
  if (dir)
    closedir (dir);
  return dir && same;
}

bool
same_files (const char *a, const char *b)
{
  struct stat x, y;
  if (stat (a, &x) || stat (b, &y) || S_ISDIR (x.st_mode) != S_ISDIR (y.st_mode))
    return false;
  return S_ISDIR (x.st_mode) ? has_all (a, b) && has_all (b, a) : same_bytes (a, b);
}

void
remove_all (const char *path)
{
  char inner[PATH_MAX];
  DIR *dir = opendir (path);
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    if (is_entry (entry->d_name) && snprintf (inner, sizeof inner, "%s/%s", path, entry->d_name) < PATH_MAX)
      remove_all (inner);
  if (dir)
    closedir (dir);
  remove (path);
}

bool
make_folder (const char *path)
{
  return mkdir (path, 0700) == 0;
}
