/* cli/main.c: the program fmtconv: finds the command and runs it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* Occupies standard descriptors that are closed, so that no file gets their numbers and with them what is printed.  Each is
 * opened in the direction that fails when it is used, as a closed one does. */
static void
fill_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit (CLI_FAILED); /* there is no way to say so */
}

int
main (int argc, char **argv)
{
  fill_streams ();
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
  int status = command->run (&s);
  if ((fflush (stdout) || ferror (stdout)) && status == CLI_DONE)
    return CLI_FAILED;
  return status;
}
