/* tests/fuzz/tree.c: inputs that hold several files, and the scratch folder that they are written to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns whether a name stays inside of the folder that it is written to. */
static bool
is_plain (const char *name)
{
  if (*name == '/' || *name == '\0')
    return false;
  for (const char *part = name; part; part = strchr (part, '/'))
    {
      part += *part == '/';
      const size_t n = strcspn (part, "/");
      if (n == 0 || (n <= 2 && strncmp (part, "..", n) == 0))
        return false;
    }
  return true;
}

/* Reads "NAME SIZE\n" at `at`.  Returns the offset after it; 0: it is something else. */
static size_t
take_head (const uint8_t *data, size_t size, size_t at, fuzz_file *file)
{
  size_t n = 0, claimed = 0;
  for (; at < size && n + 1 < FUZZ_MAX_NAME && (isalnum (data[at]) || strchr ("._-/+", data[at])) && data[at];
       at++)
    file->name[n++] = (char) data[at];
  file->name[n] = '\0';
  if (at >= size || data[at++] != ' ')
    return 0;
  for (; at < size && isdigit (data[at]) && claimed < ((size_t) 1 << 40); at++)
    claimed = 10 * claimed + (size_t) (data[at] - '0');
  if (at >= size || data[at++] != '\n' || !is_plain (file->name))
    return 0;
  file->bytes = data + at;
  file->size = claimed < size - at ? claimed : size - at;
  return at;
}

size_t
fuzz_tree_split (const uint8_t *data, size_t size, fuzz_file files[FUZZ_MAX_FILES])
{
  size_t n = 0;
  for (size_t at = 0; n < FUZZ_MAX_FILES && (at = take_head (data, size, at, &files[n])); n++)
    at += files[n].size + 1;
  return n;
}

size_t
fuzz_tree_join (const fuzz_file *files, size_t n, uint8_t *data, size_t max)
{
  size_t used = 0;
  for (size_t i = 0; i < n; i++)
    {
      char head[FUZZ_MAX_NAME + 24];
      const size_t len = (size_t) snprintf (head, sizeof head, "%s %zu\n", files[i].name, files[i].size);
      if (len + files[i].size + 1 > max - used)
        return 0;
      memcpy (data + used, head, len);
      memcpy (data + used + len, files[i].bytes, files[i].size);
      used += len + files[i].size;
      data[used++] = '\n';
    }
  return used;
}

static int
remove_one (const char *path, const struct stat *st, int kind, struct FTW *place)
{
  (void) st, (void) kind, (void) place;
  return remove (path);
}

void
fuzz_remove (const char *path)
{
  if (nftw (path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
    fuzz_broken ("cannot remove", path);
}

static char scratch[256];

static void
leave_scratch (void)
{
  if (chdir ("/") == 0)
    fuzz_remove (scratch);
}

void
fuzz_enter_scratch (void)
{
  if (scratch[0])
    return;
  const char *parent = getenv ("TMPDIR");
  snprintf (scratch, sizeof scratch, "%s/fmtconv-fuzz-XXXXXX", parent ? parent : "/tmp");
  if (!mkdtemp (scratch) || chdir (scratch))
    fuzz_broken ("cannot make the scratch folder", scratch);
  atexit (leave_scratch);
}

/* Makes the folders of a path. */
static void
make_folders (char *path)
{
  for (char *slash = strchr (path, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      mkdir (path, 0700);
      *slash = '/';
    }
}

void
fuzz_tree_write (const char *folder, const fuzz_file *files, size_t n)
{
  fuzz_remove (folder);
  mkdir (folder, 0700);
  for (size_t i = 0; i < n; i++)
    {
      char path[2 * FUZZ_MAX_NAME];
      snprintf (path, sizeof path, "%s/%s", folder, files[i].name);
      make_folders (path);
      /* A file that is a folder of another file is left out. */
      FILE *f = fopen (path, "w");
      if (f && fwrite (files[i].bytes, 1, files[i].size, f) != files[i].size)
        fuzz_broken ("cannot write", path);
      if (f)
        fclose (f);
    }
}

char *
fuzz_text (const uint8_t *bytes, size_t size)
{
  char *text = malloc (size + 1);
  if (!text)
    fuzz_broken ("out of memory", NULL);
  memcpy (text, bytes, size);
  text[size] = '\0';
  return text;
}
