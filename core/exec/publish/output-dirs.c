/* core/exec/publish/output-dirs.c: opens, creates, syncs and removes the folders of output files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/exec/publish/exchange.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/output-dirs.h"
#include "core/exec/publish/path.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

/* Removes the new temporary folder, which could not be opened, without a change of errno.  Returns -1. */
static int
remove_made (const fci_publication *p)
{
  const int error = errno;
  unlinkat (p->folder, p->temporary_folder, AT_REMOVEDIR);
  errno = error;
  return -1;
}

/* Takes over the temporary folder of an earlier run.  Its mode was that of a folder where that of a file is left_mode.
 * Returns the descriptor. */
static int
take_left (fci_publication *p, int fd)
{
  struct stat st;
  const mode_t file = p->left_mode & 0777;
  p->folder_mode = file | (file & 0444) >> 2 | (fstat (fd, &st) == 0 ? st.st_mode & S_ISGID : 0);
  return fd;
}

/* Locks the temporary folder, alone or with other shares.  Returns false with errno. */
static bool
lock_whole (const fci_publication *p, int fd, bool made)
{
  if (p->how != FCI_OPEN_SHARED)
    return fci_lock (fd, made);
  return fci_os_lock_shared (fd) == 0 || errno != EWOULDBLOCK;
}

/* Returns whether an open folder is that of the run that is continued: another that was left may have the name. */
static bool
is_left (const fci_publication *p, int fd)
{
  struct stat st;
  if (!fci_is_own (p->folder, p->temporary_folder, fd) || fstat (fd, &st) != 0)
    return false;
  const uint64_t inode = (uint64_t) st.st_ino;
  return p->how != FCI_OPEN_LEFT || fci_map_has (p->map, FCI_MAP_FOLDER, &inode, sizeof inode);
}

/* Creates and locks the temporary folder.  Returns a descriptor, or -1 with errno; EWOULDBLOCK: another process uses it;
 * ENOTEMPTY: it was left and holds files of others; EEXIST: one of these, in a file system without locks. */
static int
make_whole (fci_publication *p)
{
  struct stat st;
  for (int i = 0; i < FCI_TRIES; i++)
    {
      bool made = p->io->mkdir (p->folder, p->temporary_folder, 0777) == 0;
      if (!made && errno != EEXIST)
        return -1;
      int fd = openat (p->folder, p->temporary_folder, OPEN_FOLDER);
      if (fd < 0 && errno == ENOENT)
        continue;
      if (fd < 0)
        return made ? remove_made (p) : -1;
      bool locked = lock_whole (p, fd, made), busy = !locked && errno == EWOULDBLOCK;
      errno = 0; /* the name may belong to another */
      if (locked && !made && p->how != FCI_OPEN_NEW && is_left (p, fd))
        return take_left (p, fd);
      if (locked && made && p->how == FCI_OPEN_LEFT && !fci_map_forget (p->map))
        locked = false;
      if (locked && made && fci_is_own (p->folder, p->temporary_folder, fd) && fstat (fd, &st) == 0
          && fci_set_mode (fd, 0700 | (st.st_mode & S_ISGID)) == 0) /* files get the group of the folder */
        {
          p->folder_mode = st.st_mode & 07777;
          return fd;
        }
      const int error = errno;
      close (fd);
      errno = error;
      if (made && error != 0)
        return remove_made (p);
      errno = busy ? EWOULDBLOCK : locked ? ENOTEMPTY : EEXIST;
      if (!locked || !made)
        return -1;
    }
  errno = EEXIST;
  return -1;
}

/* Reports why the temporary folder could not be made.  Returns a code. */
static int
fail_whole (const fci_publication *p)
{
  if (errno == EWOULDBLOCK)
    return fci_fail_system (p->ctx, FMTCONV_E_OUTPUT, EWOULDBLOCK, p->output,
                            &(fmtconv_where){ .hint = "wait for it to finish" },
                            "another process is writing this output");
  if (errno == EEXIST || errno == ENOTEMPTY)
    return fci_fail_system (p->ctx, FMTCONV_E_OUTPUT, EEXIST, p->top_path,
                            &(fmtconv_where){ .hint = "remove it if you do not need its files" },
                            "this folder has the name of the output's temporary folder");
  return fci_fail_io (p->ctx, p->output, "cannot create a temporary folder next to it");
}

/* Makes the temporary folder, under another name where one was left with files of others.  The publication has its name
 * only if it made it: what has the name else is not to be removed.  Returns 0 or a code. */
static int
open_whole (fci_publication *p, uint64_t digest)
{
  fmtconv_ctx *ctx = p->ctx;
  int fd = -1;
  p->top_display = p->output;
  for (uint64_t i = 0; fd < 0 && i < FCI_TRIES && (i == 0 || errno == ENOTEMPTY); i++)
    {
      p->temporary_folder = fci_temporary_name (ctx, p->layout->target, digest + i);
      p->top_path = p->temporary_folder ? fci_path_join (ctx, p->folder_path, p->temporary_folder) : NULL;
      if (!p->top_path)
        break;
      fd = make_whole (p);
    }
  p->dirs[0] =
      (fci_out_dir){ .name = "", .base = "", .display = p->output, .parent = -1, .fd = fd, .made = true };
  p->n_dirs = fd >= 0;
  if (fd >= 0)
    return 0;
  p->temporary_folder = NULL;
  return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : fail_whole (p);
}

/* Opens the existing output folder.  Returns 0 or a code. */
static int
open_existing (fci_publication *p)
{
  p->top_path = p->top_display = p->folder_path;
  int fd = fcntl (p->folder, F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    return fci_fail_io (p->ctx, p->folder_path, "cannot open the output folder");
  p->dirs[0] = (fci_out_dir){ .name = "", .base = "", .display = p->folder_path, .parent = -1, .fd = fd };
  p->n_dirs = 1;
  return 0;
}

/* Returns the index of the folder with a name of n bytes; -1: not found. */
static int
find (const fci_publication *p, const char *name, size_t n)
{
  for (size_t i = 0; i < p->n_dirs; i++)
    if (strlen (p->dirs[i].name) == n && memcmp (p->dirs[i].name, name, n) == 0)
      return (int) i;
  return -1;
}

static int
open_dir (fci_publication *p, const char *name, int parent)
{
  const char *slash = strrchr (name, '/');
  fci_out_dir *dir = &p->dirs[p->n_dirs];
  *dir = (fci_out_dir){ .name = name, .base = slash ? slash + 1 : name, .parent = parent };
  int folder = p->dirs[parent].fd;
  if (!(dir->display = fci_path_join (p->ctx, p->top_display, name)))
    return fmtconv_ctx_failed (p->ctx);
  dir->made = p->io->mkdir (folder, dir->base, 0777) == 0;
  if (!dir->made && errno != EEXIST)
    return fci_fail_io (p->ctx, dir->display, "cannot create the folder");
  dir->made = dir->made || (p->how != FCI_OPEN_NEW && p->temporary_folder);
  dir->fd = openat (folder, dir->base, OPEN_FOLDER);
  if (dir->fd >= 0)
    {
      p->n_dirs++;
      return 0;
    }
  int code = fci_fail_io (p->ctx, dir->display, "cannot open the folder");
  if (dir->made)
    unlinkat (folder, dir->base, AT_REMOVEDIR);
  return code;
}

/* Opens all folders in the path of a file.  Returns 0 or a code. */
static int
open_dirs_of (fci_publication *p, const fmtconv_file *file)
{
  int parent = 0;
  for (const char *slash = strchr (file->name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      size_t n = (size_t) (slash - file->name);
      int found = find (p, file->name, n);
      if (found < 0)
        {
          const char *name = fci_strndup (p->ctx, file->name, n);
          if (!name || open_dir (p, name, parent))
            return fmtconv_ctx_failed (p->ctx);
          found = (int) p->n_dirs - 1;
        }
      parent = found;
    }
  return 0;
}

/* Opens the other folders that hold older files.  Returns 0 or a code. */
static int
open_stale_dirs (fci_publication *p)
{
  for (const fci_stale *stale = p->layout->stale; stale; stale = stale->next)
    {
      const size_t n = strlen (stale->folder);
      if (n == 0 || find (p, stale->folder, n - 1) >= 0)
        continue;
      const char *name = fci_strndup (p->ctx, stale->folder, n - 1);
      int fd = name ? openat (p->dirs[0].fd, name, OPEN_FOLDER) : -1;
      if (!name || (fd < 0 && errno != ENOENT && errno != ENOTDIR))
        return name ? fci_fail_io (p->ctx, p->top_display, "cannot search for older files of the output")
                    : fmtconv_ctx_failed (p->ctx);
      if (fd >= 0)
        p->dirs[p->n_dirs++] =
            (fci_out_dir){ .name = name, .base = name, .display = p->top_display, .parent = -1, .fd = fd };
    }
  return 0;
}

static size_t
max_out_dirs (const fmtconv_layout *layout)
{
  size_t n = 1;
  for (const fci_stale *stale = layout->stale; stale; stale = stale->next)
    n++;
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    for (const char *s = file->name; *s; s++)
      n += *s == '/';
  return n;
}

/* Closes what was opened for an exchange that the file system cannot do. */
static void
close_exchange (fci_publication *p)
{
  unlinkat (p->folder, p->temporary_folder, AT_REMOVEDIR);
  close (p->dirs[0].fd);
  close (p->folder);
  close (p->replaced);
  p->folder = p->replaced = -1;
  p->n_dirs = 0;
  p->temporary_folder = NULL;
}

/* Opens a new folder, or one that is exchanged for an existing folder, if that is possible.  Returns 0 or a code; without
 * p->temporary_folder, it is not. */
static int
open_sibling (fci_publication *p, uint64_t digest, bool existing)
{
  if (existing && !fci_exchange_open (p))
    return fmtconv_ctx_failed (p->ctx);
  p->folder_path = fci_output_folder (p->ctx, p->output);
  if (!p->folder_path || (p->folder = fci_open_folder (p->ctx, p->folder_path)) < 0)
    return fmtconv_ctx_failed (p->ctx);
  int code = open_whole (p, digest);
  if (code == 0 && existing && !fci_exchange_works (p))
    {
      close_exchange (p);
      code = fmtconv_ctx_failed (p->ctx);
    }
  return code;
}

/* Opens the folder in which files are replaced one by one. */
static int
open_in_place (fci_publication *p, bool existing)
{
  p->folder_path = existing ? p->output : fci_output_folder (p->ctx, p->output);
  if (!p->folder_path || (p->folder = fci_open_folder (p->ctx, p->folder_path)) < 0)
    return fmtconv_ctx_failed (p->ctx);
  return open_existing (p);
}

int
fci_out_dirs_open (fci_publication *p, uint64_t digest)
{
  const bool existing = p->layout->is_folder && fci_folder_exists (p->ctx, p->output);
  p->dirs = fmtconv_ctx_alloc (p->ctx, max_out_dirs (p->layout), sizeof *p->dirs);
  if (fmtconv_ctx_failed (p->ctx))
    return fmtconv_ctx_failed (p->ctx);
  int code =
      p->dirs && p->layout->is_folder ? open_sibling (p, digest, existing) : fmtconv_ctx_failed (p->ctx);
  if (code == 0 && !p->temporary_folder)
    code = open_in_place (p, existing);
  for (const fmtconv_file *file = p->layout->first; file && code == 0; file = file->next)
    code = open_dirs_of (p, file);
  return code == 0 ? open_stale_dirs (p) : code;
}

const fci_out_dir *
fci_out_dir_named (const fci_publication *p, const char *name)
{
  const size_t n = strlen (name);
  int found = find (p, name, n > 0 ? n - 1 : 0);
  return found < 0 ? NULL : &p->dirs[found];
}

const fci_out_dir *
fci_out_dir_of (const fci_publication *p, const fmtconv_file *file)
{
  size_t n = (size_t) (file->base - file->name);
  return &p->dirs[find (p, file->name, n > 0 ? n - 1 : 0)];
}

/* Syncs all folders, the innermost first.  Ignores EINVAL, which some file systems report because they cannot. */
static int
sync_all (const fci_publication *p)
{
  int code = 0;
  for (size_t i = p->n_dirs; i-- > 0 && code == 0;)
    if (p->io->fsync (p->dirs[i].fd) != 0 && errno != EINVAL)
      code = fci_fail_io (p->ctx, p->dirs[i].display, "cannot flush the output's name to disk");
  return code;
}

int
fci_out_dirs_sync_made (const fci_publication *p)
{
  for (size_t i = 0; i < p->n_dirs; i++)
    if (p->dirs[i].made)
      return sync_all (p);
  return 0;
}

int
fci_out_dirs_finish (fci_publication *p)
{
  if (fci_set_mode (p->dirs[0].fd, p->folder_mode) != 0)
    return fci_fail_io (p->ctx, p->output, "cannot set its permissions");
  return sync_all (p);
}

void
fci_out_dirs_drop (fci_publication *p)
{
  for (size_t i = p->n_dirs; i-- > 0;)
    {
      const fci_out_dir *dir = &p->dirs[i];
      if (dir->made && !p->published && !p->is_kept)
        unlinkat (i ? p->dirs[dir->parent].fd : p->folder, i ? dir->base : p->temporary_folder, AT_REMOVEDIR);
      close (dir->fd);
    }
  p->n_dirs = 0;
  if (p->folder >= 0)
    close (p->folder);
  if (p->replaced >= 0)
    close (p->replaced);
  p->folder = p->replaced = -1;
}
