/* core/pipeline/inside.c: refuses an output that would lie inside the folder that is read.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/convert.h"
#include "core/source/input.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  MAX_DEPTH = 4096 /* folders on the way to the root */
};

static bool
same (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Climb from the open folder `fd` (closed on the way) to the root: is `wanted` met? */
static bool
climb_meets (int fd, const struct stat *wanted)
{
  struct stat here, above;
  bool met = false;
  for (int depth = 0; fd >= 0 && depth < MAX_DEPTH && fstat (fd, &here) == 0; depth++)
    {
      int parent;
      if ((met = same (&here, wanted)))
        break;
      parent = openat (fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
      close (fd);
      fd = parent;
      if (fd >= 0 && fstat (fd, &above) == 0 && same (&above, &here))
        break; /* the root is its own parent */
    }
  if (fd >= 0)
    close (fd);
  return met;
}

int
fci_check_not_inside (fci_conversion *c)
{
  const char *folder = c->ctx->scratch_dir;
  fmtconv_input *in;
  bool inside = false;
  for (size_t i = 0; !inside && (in = fci_input_typed (c->ctx, i)); i++)
    inside = fmtconv_is_folder (in)
             && climb_meets (open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fci_input_stat (in));
  if (!inside)
    return c->ctx->failed;
  return fci_fail_file (c->ctx, FMTCONV_E_OUTPUT, c->job.output,
                        &(fmtconv_where){ .hint = "give an OUTPUT outside of it" },
                        "the output would lie inside the folder that is read");
}
