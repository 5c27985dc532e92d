/* core/exec/publish/publish.c: renames temporaries to their final names: all files, or none.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/output-dirs.h"
#include "core/exec/publish/publish.h"
#include "core/exec/publish/stale.h"
#include "core/exec/publish/target.h"
#include "core/exec/worker/io.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the result of closing a duplicate: the lock must be held until the file has its name. */
static int
try_close (const fci_publication *p, int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -1 : p->io->close (copy);
}

/* Sets the mode of a file and syncs its bytes to disk.  Returns 0 or a code. */
static int
finish_file (fci_publication *p, fci_target *target, mode_t mask)
{
  int fd = target->fd;
  if (fci_set_mode (fd, target->exists ? target->mode : 0666 & ~mask) != 0)
    return fci_fail_io (p->ctx, target->display, "cannot set its permissions");
  if (p->io->fsync (fd) != 0 || try_close (p, fd) != 0)
    return fci_fail_io (p->ctx, target->display, "cannot flush it to disk");
  return 0;
}

/* Exchanges the names of the old and the new file, so that the step can be undone.  Returns 0 or a code. */
static int
put_over (fci_publication *p, fci_target *target)
{
  const char *name = target->file->base;
  if (p->io->rename (target->dir->fd, target->temporary, name, FCI_RENAME_EXCHANGE) == 0)
    target->state = FCI_TARGET_SWAPPED;
  else if (errno == ENOENT
           && p->io->rename (target->dir->fd, target->temporary, name, FCI_RENAME_NOREPLACE) == 0)
    target->state = FCI_TARGET_NEW;
  else if (errno == EINVAL && p->io->rename (target->dir->fd, target->temporary, name, 0) == 0)
    target->state = FCI_TARGET_REPLACED;
  else
    return fci_fail_io (p->ctx, target->display, "cannot be replaced");
  return 0;
}

/* Renames to a name that must not exist.  Returns 0 or a code. */
static int
rename_new (const fci_publication *p, int folder, const char *from, const char *to, const char *display)
{
  if (p->io->rename (folder, from, to, FCI_RENAME_NOREPLACE) == 0)
    return 0;
  if (errno == EEXIST)
    return fci_fail_system (p->ctx, FMTCONV_E_OUTPUT, EEXIST, display,
                            &(fmtconv_where){ .hint = "-f overwrites it" },
                            "another process created this output in the meantime");
  return fci_fail_io (p->ctx, display, "cannot rename the temporary file to this name");
}

static int
put_new (fci_publication *p, fci_target *target)
{
  int code = rename_new (p, target->dir->fd, target->temporary, target->file->base, target->display);
  if (code == 0)
    target->state = FCI_TARGET_NEW;
  return code;
}

/* Restores the temporary names, last file first; a file that replaced another without an exchange stays. */
static void
undo_files (fci_publication *p)
{
  for (size_t i = p->layout->n_files; i-- > 0;)
    {
      fci_target *target = &p->targets[i];
      const char *name = target->file->base;
      if ((target->state == FCI_TARGET_SWAPPED
           && fci_io_system.rename (target->dir->fd, target->temporary, name, FCI_RENAME_EXCHANGE) == 0)
          || (target->state == FCI_TARGET_NEW
              && fci_io_system.rename (target->dir->fd, name, target->temporary, 0) == 0))
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
  return code == 0 ? fci_out_dirs_sync (p) : code;
}

/* Renames a new folder with all its files.  Returns 0 or a code. */
static int
rename_whole (fci_publication *p)
{
  int code = rename_new (p, p->folder, p->temporary_folder, p->layout->target, p->top_display);
  if (code != 0)
    return code;
  p->published = true;
  return fci_out_dir_sync (p, p->folder, p->folder_path);
}

/* Removes the old files, after all new files have their names. */
static void
remove_old (fci_publication *p)
{
  for (size_t i = 0; i < p->layout->n_files; i++)
    {
      fci_target *target = &p->targets[i];
      if (target->state == FCI_TARGET_SWAPPED && unlinkat (target->dir->fd, target->temporary, 0) != 0)
        fmtconv_note (p->ctx, "%s: the replaced file was left as %s", target->display, target->temporary);
    }
}

static void
undo (fci_publication *p)
{
  if (p->temporary_folder && p->published)
    p->published = fci_io_system.rename (p->folder, p->layout->target, p->temporary_folder, 0) != 0;
  else if (!p->temporary_folder)
    undo_files (p);
}

/* Sets the modes of all files and syncs their bytes to disk.  Returns 0 or a code. */
static int
finish_files (fci_publication *p, mode_t mask)
{
  int code = 0;
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    code = finish_file (p, &p->targets[i], mask);
  return code == 0 && p->temporary_folder ? fci_out_dirs_finish (p, mask) : code;
}

/* Performs the steps that cannot be undone, after all others succeeded. */
static void
finish (fci_publication *p)
{
  if (p->temporary_folder)
    return;
  p->published = true;
  remove_old (p);
  fci_stale_remove (p);
}

int
fci_publish (fci_publication *p, size_t n)
{
  mode_t mask = n > 0 ? fci_os_umask (p->folder) : 0;
  int code = 0;
  size_t named = 0;
  for (size_t i = 0; i < n && code == 0; i++)
    code = finish_files (&p[i], mask);
  for (; named < n && code == 0; named++)
    code = p[named].temporary_folder ? rename_whole (&p[named]) : rename_all (&p[named]);
  while (code != 0 && named > 0)
    undo (&p[--named]);
  for (size_t i = 0; i < named; i++)
    finish (&p[i]);
  return code;
}
