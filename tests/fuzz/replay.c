/* tests/fuzz/replay.c: runs stored inputs without libFuzzer: replay NAME.zip..., or replay NAME FILE....
 * SPDX-License-Identifier: Apache-2.0
 *
 * NAME is that of the target.  An input that breaks what a target requires ends the program by a signal. */
#include "tests/fuzz/fuzz.h"
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* FMTCONV_FUZZ_LOUD: the name of each input is printed before it runs. */
static bool is_loud;

static void
run (const fuzz_target *target, const char *name, const uint8_t *bytes, size_t size)
{
  if (is_loud)
    fprintf (stderr, "%s %s\n", target->name, name);
  target->run (bytes, size);
}

/* Returns the bytes of a member, freed by the caller. */
static uint8_t *
take_member (zip_t *archive, zip_uint64_t i, const zip_stat_t *st)
{
  uint8_t *bytes = malloc (st->size + 1);
  zip_file_t *file = zip_fopen_index (archive, i, 0);
  if (!bytes || !file || zip_fread (file, bytes, st->size) != (zip_int64_t) st->size)
    fuzz_broken ("cannot read the stored input", st->name);
  zip_fclose (file);
  return bytes;
}

/* Returns the absolute path, because targets change the working folder. */
static char *
absolute (const char *path)
{
  char *found = realpath (path, NULL);
  if (!found)
    fuzz_broken ("cannot open", path);
  return found;
}

static size_t
run_archive (const fuzz_target *target, const char *path)
{
  zip_t *archive = zip_open (path, ZIP_RDONLY, NULL);
  if (!archive)
    fuzz_broken ("cannot open", path);
  const zip_uint64_t n = (zip_uint64_t) zip_get_num_entries (archive, 0);
  for (zip_uint64_t i = 0; i < n; i++)
    {
      zip_stat_t st;
      if (zip_stat_index (archive, i, 0, &st))
        fuzz_broken ("cannot read the directory of", path);
      uint8_t *bytes = take_member (archive, i, &st);
      run (target, st.name, bytes, st.size);
      free (bytes);
    }
  zip_discard (archive);
  return n;
}

static void
run_file (const fuzz_target *target, const char *path)
{
  FILE *f = fopen (path, "rb");
  uint8_t *bytes = malloc (1 << 26);
  if (!f || !bytes)
    fuzz_broken ("cannot open", path);
  const size_t size = fread (bytes, 1, 1 << 26, f);
  fclose (f);
  /* The sanitizer sees what lies after it. */
  uint8_t *exact = realloc (bytes, size + !size);
  run (target, path, exact, size);
  free (exact);
}

/* Returns the target of an archive NAME.zip; NULL: it is not an archive. */
static const fuzz_target *
of_archive (const char *path)
{
  char name[64] = "";
  char *copy = strdup (path);
  const char *base = basename (copy);
  const size_t n = strlen (base);
  if (n > 4 && n < sizeof name && strcmp (base + n - 4, ".zip") == 0)
    memcpy (name, base, n - 4);
  free (copy);
  return fuzz_find (name);
}

int
main (int argc, char **argv)
{
  size_t n = 0;
  is_loud = getenv ("FMTCONV_FUZZ_LOUD") != NULL;
  const fuzz_target *named = argc > 2 ? fuzz_find (argv[1]) : NULL;
  const int first = named ? 2 : 1;
  for (int i = first; i < argc; i++)
    argv[i] = absolute (argv[i]);
  for (int i = first; i < argc; i++)
    {
      const fuzz_target *target = named ? named : of_archive (argv[i]);
      if (!target)
        fuzz_broken ("there is no target for", argv[i]);
      if (named)
        run_file (target, argv[i]), n++;
      else
        n += run_archive (target, argv[i]);
      free (argv[i]);
    }
  printf ("%zu inputs\n", n);
  return n == 0;
}
