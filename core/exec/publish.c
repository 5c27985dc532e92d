/* core/exec/publish.c: from temporary names to the real ones: all files, or none.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/target.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The process's umask; umask () itself would change it for all threads. */
static mode_t
read_umask (void)
{
  char line[256];
  mode_t mask = 022;
  FILE *status = fopen ("/proc/self/status", "re");
  if (!status)
    return mask;
  while (fgets (line, sizeof line, status))
    if (strncmp (line, "Umask:", 6) == 0)
      mask = (mode_t) strtoul (line + 6, NULL, 8) & 0777;
  fclose (status);
  return mask;
}

/* What close says, without closing: the lock must be held until the file has its name. */
static int
try_close (const fci_publication *p, int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -1 : p->io->close (copy);
}

/* Its mode, and its bytes on the disk. */
static int
seal (fci_publication *p, fci_target *target, mode_t mask)
{
  int fd = target->fd;
  if (fci_set_mode (fd, target->exists ? target->mode : 0666 & ~mask) != 0)
    return fci_fail_io (p->ctx, target->shown, "its permissions cannot be set");
  if (p->io->fsync (fd) != 0 || try_close (p, fd) != 0)
    return fci_fail_io (p->ctx, target->shown, "its bytes did not reach the disk");
  return 0;
}

/* The old file and the new one change names, so that this can be undone until all is done. */
static int
put_over (fci_publication *p, fci_target *target)
{
  const char *name = target->file->name;
  if (p->io->rename (p->folder, target->temporary, name, RENAME_EXCHANGE) == 0)
    target->state = FCI_TARGET_SWAPPED;
  else if (errno == ENOENT && p->io->rename (p->folder, target->temporary, name, RENAME_NOREPLACE) == 0)
    target->state = FCI_TARGET_NEW;
  else if (errno == EINVAL && p->io->rename (p->folder, target->temporary, name, 0) == 0)
    target->state = FCI_TARGET_REPLACED;
  else
    return fci_fail_io (p->ctx, target->shown, "it cannot be replaced");
  return 0;
}

static int
put_new (fci_publication *p, fci_target *target)
{
  if (p->io->rename (p->folder, target->temporary, target->file->name, RENAME_NOREPLACE) == 0)
    {
      target->state = FCI_TARGET_NEW;
      return 0;
    }
  if (errno == EEXIST)
    return fci_fail_file (p->ctx, FMTCONV_E_OUTPUT, target->shown,
                          &(fmtconv_where){ .hint = "-f overwrites it" },
                          "the output was created by somebody else meanwhile");
  return fci_fail_io (p->ctx, target->shown, "it cannot be given its name");
}

/* Back to temporary names, the last one first; a file that replaced another at once stays. */
static void
undo (fci_publication *p)
{
  for (size_t i = p->layout->n_files; i-- > 0;)
    {
      fci_target *target = &p->targets[i];
      const char *name = target->file->name;
      if ((target->state == FCI_TARGET_SWAPPED
           && fci_io_system.rename (p->folder, target->temporary, name, RENAME_EXCHANGE) == 0)
          || (target->state == FCI_TARGET_NEW
              && fci_io_system.rename (p->folder, name, target->temporary, 0) == 0))
        target->state = FCI_TARGET_WRITTEN;
    }
}

static int
rename_all (fci_publication *p)
{
  bool force = p->ctx->options.flags & FMTCONV_FORCE;
  int code = 0;
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    {
      fci_target *target = &p->targets[i];
      code = force && target->exists ? put_over (p, target) : put_new (p, target);
    }
  /* Some file systems cannot sync folders, and say EINVAL. */
  if (code == 0 && p->io->fsync (p->folder) != 0 && errno != EINVAL)
    code = fci_fail_io (p->ctx, p->folder_path, "the output's name did not reach the disk");
  return code;
}

/* The new files stand; the old ones go. */
static void
remove_old (fci_publication *p)
{
  for (size_t i = 0; i < p->layout->n_files; i++)
    {
      fci_target *target = &p->targets[i];
      if (target->state == FCI_TARGET_SWAPPED && unlinkat (p->folder, target->temporary, 0) != 0)
        fmtconv_note (p->ctx, "%s: the file that it replaces is left as %s", target->shown,
                      target->temporary);
    }
}

int
fci_publication_finish (fci_publication *p)
{
  mode_t mask = read_umask ();
  int code = 0;
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    code = seal (p, &p->targets[i], mask);
  if (code == 0)
    code = rename_all (p);
  if (code == 0)
    remove_old (p);
  else
    undo (p);
  return code;
}
