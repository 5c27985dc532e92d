/* cli/main.c: the program fmtconv: finds the command and runs it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "sandbox.h"
#include <locale.h>
#include <stdlib.h>

/* Gives up rights, before a file of a stranger is read or a thread starts.  A conversion and an
 * edit keep those to change files until their outputs are known (convert.c, edit.c). */
static void
enter_sandbox (const struct command *command, const struct settings *s)
{
  if (s->no_sandbox || !(command->bit & ON_SANDBOXED))
    return;
  sandbox_calls (command->bit & (ON_DIFF | ON_VERIFY) ? CLI_USAGE : CLI_FAILED);
  if (!(command->bit & (ON_CONVERT | ON_EDIT)))
    sandbox_files (NULL, 0);
}

int
main (int argc, char **argv)
{
  struct settings s = { .verbosity = PRINT_NOTES, .progress = -1, .color = -1 };
  startup ();
  setlocale (LC_CTYPE, "");
  /* libzip converts the date of every member to local time, and the C library then reads the file of the
   * time zone each time, unless TZ names the zone. Dates are never printed. */
  setenv ("TZ", "UTC0", 0);
  const struct command *named = options_find_command (&argc, argv), *command = named ? named : commands;
  print_usage_of (named);
  if (!options_parse (command, argc, argv, &s))
    return CLI_USAGE;
  if (s.version)
    return version_print (&s);
  if (s.help)
    {
      if (named)
        help_command (named, stdout);
      else
        help_program (stdout);
      return fflush (stdout) ? CLI_FAILED : CLI_DONE;
    }
  int status = ranks_join (command, &s);
  if (status != CLI_DONE)
    return status;
  enter_sandbox (command, &s);
  status = command->run (&s);
  if ((fflush (stdout) || ferror (stdout)) && status == CLI_DONE)
    return CLI_FAILED;
  return status;
}
