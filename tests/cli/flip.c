/* tests/cli/flip.c: flips bits of files, one at a time, and counts those that fmtconv_verify finds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * flip COUNT SEED INPUT WRITER OUTPUT FILE...: with INPUT "-", OUTPUT is examined alone; otherwise it is compared with what
 * the conversion of INPUT by WRITER gives.  Prints each flip that was not found, and the number of those that were.  One
 * process, because most of the time of a run is its start. */
#include "config.h"

#include <fcntl.h>
#include <fmtconv/fmtconv.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t
next_random (uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Returns whether the output is as it should be. */
static bool
is_fine (const char *input, const char *writer, const char *output)
{
  static const char *const none[] = { "none" };
  const bool alone = strcmp (input, "-") == 0;
  const fmtconv_options options = { .struct_size = sizeof options };
  const fmtconv_job job = { .struct_size = sizeof job,
                            .transforms = alone ? NULL : none,
                            .n_transforms = alone ? 0 : 1,
                            .writer = alone ? NULL : writer,
                            .input = alone ? NULL : input,
                            .output = output };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  fmtconv_attr *report = ctx ? fmtconv_verify (ctx, &job) : NULL;
  const bool fine = report && fmtconv_attr_get_int (report, "fine", 0);
  if (!report && !alone)
    {
      const fmtconv_message *error = fmtconv_ctx_error (ctx);
      fprintf (stderr, "not compared: %s\n", error ? error->text : "out of memory");
      exit (2);
    }
  fmtconv_ctx_free (ctx);
  return fine;
}

/* Flips a bit.  Returns whether it could. */
static bool
flip (const char *path, uint64_t bit)
{
  unsigned char byte = 0;
  const int fd = open (path, O_RDWR | O_CLOEXEC);
  bool done = fd >= 0 && pread (fd, &byte, 1, (off_t) (bit / 8)) == 1;
  byte ^= (unsigned char) (1u << bit % 8);
  done = done && pwrite (fd, &byte, 1, (off_t) (bit / 8)) == 1;
  if (fd >= 0)
    close (fd);
  return done;
}

int
main (int argc, char **argv)
{
  struct stat st;
  unsigned found = 0;
  if (argc < 7)
    return 2;
  const unsigned count = (unsigned) strtoul (argv[1], NULL, 10), n_files = (unsigned) argc - 6;
  uint64_t state = strtoull (argv[2], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
  if (!is_fine (argv[3], argv[4], argv[5]))
    {
      fprintf (stderr, "%s: there are defects already\n", argv[5]);
      return 2;
    }
  for (unsigned i = 0; i < count; i++)
    {
      const char *path = argv[6 + next_random (&state) % n_files];
      if (stat (path, &st) != 0 || st.st_size == 0)
        return 2;
      const uint64_t bit = next_random (&state) % ((uint64_t) st.st_size * 8);
      if (!flip (path, bit))
        return 2;
      const bool fine = is_fine (argv[3], argv[4], argv[5]);
      found += !fine;
      if (fine)
        fprintf (stderr, "%s: bit %" PRIu64 " of byte %" PRIu64 ": not found\n", path, bit % 8, bit / 8);
      if (!flip (path, bit))
        return 2;
    }
  printf ("%u\n", found);
  return found == count ? 0 : 1;
}
