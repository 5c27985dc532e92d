/* cli/startup.c: what the program expects of its environment: three open descriptors, and enough of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Opens the standard descriptors that are closed, so that no output file gets the number of one and receives messages.
 * They are opened the wrong way round: a result that cannot be printed stays an error.  Ends the process if it cannot:
 * no descriptor is left for a message. */
static void
fill_descriptors (void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl (fd, F_GETFD) < 0 && errno == EBADF && open ("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
      _exit (CLI_FAILED);
}

/* Allows as many open files as the system does: each shard of an input is one. */
static void
raise_limit (void)
{
  struct rlimit files;
  if (getrlimit (RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
    return;
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
}

void
startup (void)
{
  fill_descriptors ();
  raise_limit ();
}
