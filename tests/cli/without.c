/* tests/cli/without.c: runs a command as on a system that lacks calls.
 * SPDX-License-Identifier: Apache-2.0
 *
 * without CALL=ERROR[,CALL=ERROR...] COMMAND...: each call of that name fails in the command.  "proc" hides /proc.
 * Ends with 77 if this system cannot do that. */
#include "config.h"

#include "without.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fputs ("usage: without CALL=ERROR,... COMMAND...\n", stderr);
      return 2;
    }
  for (char *one = strtok (argv[1], ","); one; one = strtok (NULL, ","))
    {
      const char *why = without (one);
      if (why)
        {
          fprintf (stderr, "without: %s: %s\n", one, why);
          return 77;
        }
    }
  execvp (argv[2], argv + 2);
  perror (argv[2]);
  return 127;
}
