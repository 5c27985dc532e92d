/* core/exec/publish/temporary.c: creates, locks, reserves and removes the temporary files next to their targets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/output-dirs.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/target.h"
#include "core/exec/publish/temporary.h"
#include "core/exec/publish/work-map.h"
#include "core/source/descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* EEXIST: the temporary of an earlier run, in a file system without locks, which would tell whether that has ended. */
static int
fail_open (const fci_publication *p, const fci_target *target)
{
  if (errno == EWOULDBLOCK)
    return fci_fail_system (p->ctx, FMTCONV_E_OUTPUT, EWOULDBLOCK, target->display,
                            &(fmtconv_where){ .hint = "wait for it to finish" },
                            "another process is writing this output");
  if (errno == ENOENT && p->how == FCI_OPEN_ALL)
    return fci_fail_file (p->ctx, FMTCONV_E_OUTPUT, target->display,
                          &(fmtconv_where){ .hint = "run all shares again" },
                          "the file that its shares wrote is not there");
  if (errno == EEXIST)
    return fci_fail_system (p->ctx, FMTCONV_E_OUTPUT, EEXIST, target->display,
                            &(fmtconv_where){ .hint = "remove it if no other process writes this output" },
                            "its temporary file %s exists", target->temporary);
  if (errno == EMFILE || errno == ENFILE)
    {
      char text[FCI_ERROR_TEXT];
      return fci_fail_system (
          p->ctx, FMTCONV_E_IO, EMFILE, target->display,
          &(fmtconv_where){ .hint = "allow more open files (ulimit -n), or write fewer, larger files" },
          "cannot create a temporary file next to it: %s; the files of an output, %zu here, are open until "
          "all are complete",
          fci_os_error_text (EMFILE, text), p->layout->n_files);
    }
  return fci_fail_io (p->ctx, target->display, "cannot create a temporary file next to it");
}

/* Returns whether a file has its size.  The share that made it gives it its size at once, unless it was killed. */
static bool
has_size (int fd, uint64_t size)
{
  struct stat st;
  for (int i = 0; i < FCI_LOCK_LOOKS; i++)
    {
      if (fstat (fd, &st) != 0 || st.st_size != 0)
        break;
      if (size == 0)
        return true;
      fci_lock_pause ();
    }
  return fstat (fd, &st) == 0 && (uint64_t) st.st_size == size;
}

/* Opens a file that other shares write, too.  Until it has its size, nothing is written, and the set is another one. */
static int
open_shared (const fci_publication *p, fci_target *target)
{
  bool made;
  int fd = fci_open_shared (target->dir->fd, target->temporary, &made);
  target->mode = p->left_mode;
  target->is_left = fd >= 0 && !made && has_size (fd, target->file->size);
  if (fd < 0 || target->is_left || fci_work_set_renew (p->set))
    return fd;
  const int error = errno;
  close (fd);
  errno = error;
  return -1;
}

/* Opens the file that an earlier run left, or creates it; then nothing of it is written, and the map must not say so when
 * it exists.  Returns a descriptor, or -1 with errno. */
static int
open_file (fci_publication *p, fci_target *target)
{
  const int folder = target->dir->fd;
  if (p->how == FCI_OPEN_SHARED)
    return open_shared (p, target);
  if (p->how == FCI_OPEN_NEW)
    return fci_open_locked (folder, target->temporary, &target->mode);
  int fd = fci_open_left (folder, target->temporary, target->file->size);
  target->mode = p->left_mode;
  target->is_left = fd >= 0;
  if (fd >= 0 || errno != ENOENT || p->how == FCI_OPEN_ALL || !fci_map_forget (p->map))
    return fd;
  return fci_open_locked (folder, target->temporary, &target->mode);
}

/* Reserves the disk space of a file that was created.  Returns 0 or a code. */
static int
reserve (const fci_publication *p, const fci_target *target)
{
  if (target->is_left)
    return 0;
  if (fci_set_mode (target->fd, 0600) != 0 || (p->how != FCI_OPEN_SHARED && ftruncate (target->fd, 0) != 0)
      || p->io->fallocate (target->fd, (off_t) target->file->size) != 0)
    return fci_fail_io (p->ctx, target->display, "cannot allocate disk space for it");
  return 0;
}

static int
open_target (fci_publication *p, fci_target *target, uint64_t digest)
{
  fmtconv_ctx *ctx = p->ctx;
  struct stat st;
  const char *base = target->file->base;
  target->dir = fci_out_dir_of (p, target->file);
  target->display = fci_path_join (ctx, p->top_display, target->file->name);
  target->temporary = p->temporary_folder ? base : fci_temporary_name (ctx, base, digest);
  if (!target->display || !target->temporary)
    return fmtconv_ctx_failed (ctx);
  target->exists = p->temporary_folder && p->replaced < 0 ? false
                   : p->replaced >= 0
                       ? fci_name_exists (ctx, p->replaced, target->file->name, target->display, &st)
                       : fci_name_exists (ctx, target->dir->fd, base, target->display, &st);
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  struct fci_sources *sources = fci_sources_of (ctx);
  if (!sources)
    return fmtconv_ctx_failed (ctx);
  do
    target->fd = open_file (p, target);
  while (target->fd < 0 && fci_sources_relieve (sources));
  if (target->exists)
    target->mode = st.st_mode & 0777;
  if (target->fd < 0 || !fci_sources_settle (sources, &target->fd))
    return fail_open (p, target);
  return reserve (p, target);
}

static void
drop (void *publication)
{
  fci_publication_drop (publication);
}

/* Allocates the arrays for all files.  Returns false if an error was recorded. */
static bool
prepare (fci_publication *p)
{
  size_t n = p->layout->n_files, i = 0;
  p->fds = fmtconv_ctx_alloc (p->ctx, n, sizeof *p->fds);
  p->display = fmtconv_ctx_alloc (p->ctx, n, sizeof *p->display);
  p->paths = fmtconv_ctx_alloc (p->ctx, n, sizeof *p->paths);
  fci_target *targets = fmtconv_ctx_alloc (p->ctx, n, sizeof *targets);
  if (!targets || !p->fds || !p->display || !p->paths)
    return false;
  for (const fmtconv_file *file = p->layout->first; file; file = file->next, i++)
    targets[i] = (fci_target){ .file = file, .fd = -1 };
  p->targets = targets;
  return true;
}

/* Returns the path of the temporary file. */
static const char *
path_of (const fci_publication *p, const fci_target *target)
{
  const fmtconv_file *file = target->file;
  int folder = (int) (file->base - file->name);
  if (!target->temporary)
    return NULL;
  return fci_path_join (p->ctx, p->top_path,
                        fmtconv_ctx_printf (p->ctx, "%.*s%s", folder, file->name, target->temporary));
}

/* Says in the map which folder holds the files. */
static void
note_folder (const fci_publication *p)
{
  struct stat st;
  if (fstat (p->dirs[0].fd, &st) != 0)
    return;
  const uint64_t inode = (uint64_t) st.st_ino;
  if (!fci_map_has (p->map, FCI_MAP_FOLDER, &inode, sizeof inode))
    fci_map_append (p->map, FCI_MAP_FOLDER, &inode, sizeof inode);
}

int
fci_publication_open (fci_publication *p, uint64_t digest)
{
  p->folder = p->replaced = -1;
  p->digest = digest;
  if (!prepare (p))
    return fmtconv_ctx_failed (p->ctx);
  int code = fci_defer_call (p->ctx, drop, p);
  if (code == 0)
    code = fci_out_dirs_open (p, digest);
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    {
      fci_target *target = &p->targets[i];
      code = open_target (p, target, digest);
      p->fds[i] = target->fd;
      p->display[i] = target->display;
      p->paths[i] = path_of (p, target);
    }
  if (code == 0 && p->map && p->temporary_folder)
    note_folder (p);
  return code != 0 ? code : fmtconv_ctx_failed (p->ctx);
}

/* Returns whether a file still has its temporary name; in a new folder, which is moved as a whole, all have or none. */
static bool
is_pending (const fci_publication *p, const fci_target *target)
{
  return target->state == FCI_MOVE_PENDING && p->state == FCI_MOVE_PENDING && !p->published && !p->is_kept;
}

/* Returns whether the temporary name is that of the folder that this publication made. */
static bool
has_own_folder (const fci_publication *p)
{
  return p->temporary_folder && p->n_dirs > 0 && p->dirs[0].made && p->state == FCI_MOVE_PENDING
         && fci_is_own (p->folder, p->temporary_folder, p->dirs[0].fd);
}

/* Holds the lock until the name is removed, so that another process cannot take the file over. */
void
fci_publication_drop (fci_publication *p)
{
  for (size_t i = 0; p->targets && i < p->layout->n_files; i++)
    {
      fci_target *target = &p->targets[i];
      if (target->fd >= 0 && is_pending (p, target))
        unlinkat (target->dir->fd, target->temporary, 0);
      if (target->fd >= 0)
        close (target->fd);
      target->fd = -1;
    }
  if (p->replaced >= 0 && !p->published && !p->is_kept && has_own_folder (p))
    fci_leftover_empty (p->layout, p->folder, p->temporary_folder, p->replaced);
  fci_out_dirs_drop (p);
}
