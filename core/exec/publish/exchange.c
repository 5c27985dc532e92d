/* core/exec/publish/exchange.c: replaces an existing output folder as a whole.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/exchange.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/old-manifest.h"
#include "core/exec/publish/output-dirs.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/stale.h"
#include "core/exec/publish/working.h"
#include "core/source/journal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
  MAX_ENTRIES = 10000 /* of a folder that is exchanged; more are replaced one by one */
};

/* What is done with the files of others. */
typedef enum task
{
  LOOK,
  TRY,  /* link each once */
  CARRY /* link them into the new folder */
} task;

/* A walk through the existing folder: what is in it can be exchanged. */
typedef struct walk
{
  const fci_publication *p;
  task what;
  struct stat top; /* of the folder */
  size_t n;
} walk;

static bool walk_folder (walk *w, int folder, const char *within);

/* Returns whether the output has files in a folder ("vae/"). */
static bool
has_folder (const fmtconv_layout *layout, const char *within)
{
  const size_t n = strlen (within);
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if (strncmp (file->name, within, n) == 0)
      return true;
  return false;
}

/* Returns whether a new folder can take the place of an open one: it is as the one at the top, and in no use. */
static bool
is_plain (const walk *w, int fd)
{
  struct stat st;
  return fstat (fd, &st) == 0 && st.st_uid == geteuid () && st.st_gid == w->top.st_gid
         && st.st_dev == w->top.st_dev && fci_os_has_no_attributes (fd)
         && (w->what != LOOK || !fci_working_has (w->p->ctx, &st));
}

/* Walks an inner folder, which must be one of the output's. */
static bool
walk_inner (walk *w, int folder, const char *within, const char *name)
{
  char inner[FCI_PATH_MAX];
  if (snprintf (inner, sizeof inner, "%s%s/", within, name) >= (int) sizeof inner
      || !has_folder (w->p->layout, inner) || !fci_os_is_not_mounted (folder, name))
    return false;
  int fd = openat (folder, name, OPEN_FOLDER);
  bool fine = fd >= 0 && is_plain (w, fd) && walk_folder (w, fd, inner);
  if (fd >= 0)
    close (fd);
  return fine;
}

/* Links a file of others into the new folder, or tries whether it can be linked: it may be immutable or mounted. */
static bool
carry (const walk *w, int folder, const char *within, const char *name)
{
  if (w->what == LOOK)
    return true;
  if (w->what == TRY)
    return fci_os_link (folder, name, w->p->dirs[0].fd, FCI_PROBE) == 0
           && unlinkat (w->p->dirs[0].fd, FCI_PROBE, 0) == 0;
  const fci_out_dir *to = fci_out_dir_named (w->p, within);
  return to && fci_os_link (folder, name, to->fd, name) == 0;
}

static bool
walk_entry (walk *w, int folder, const char *within, const char *name)
{
  struct stat st;
  const fmtconv_layout *layout = w->p->layout;
  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return true;
  if (++w->n > MAX_ENTRIES || fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return false;
  if (S_ISDIR (st.st_mode))
    return walk_inner (w, folder, within, name);
  if ((!S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode)) || st.st_uid != geteuid ()
      || st.st_dev != w->top.st_dev || strcmp (name, FCI_JOURNAL) == 0 || fci_is_temporary (name))
    return false;
  bool kept = false;
  if (fci_layout_is_stale (layout, within, name)
      && fci_manifest_kept (w->p->ctx, layout, folder, w->p->output, within, name, &kept))
    return false;
  return fci_layout_has (layout, within, name) || (fci_layout_is_stale (layout, within, name) && !kept)
         || carry (w, folder, within, name);
}

static bool
walk_folder (walk *w, int folder, const char *within)
{
  int fd = openat (folder, ".", OPEN_FOLDER);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  bool fine = dir != NULL;
  if (!dir && fd >= 0)
    close (fd);
  errno = dir ? 0 : errno;
  for (const struct dirent *entry; fine && (entry = readdir (dir));)
    {
      fine = walk_entry (w, folder, within, entry->d_name);
      errno = fine ? 0 : errno;
    }
  fine = fine && errno == 0;
  if (dir)
    closedir (dir);
  return fine;
}

/* Walks through the existing folder.  Returns whether it can be exchanged. */
static bool
walk_all (const fci_publication *p, task what)
{
  walk w = { .p = p, .what = what };
  return fstat (p->replaced, &w.top) == 0 && is_plain (&w, p->replaced) && walk_folder (&w, p->replaced, "");
}

/* Returns whether the existing folder still has the name of the output. */
static bool
has_name (const fci_publication *p)
{
  struct stat open, named;
  return fstat (p->replaced, &open) == 0
         && fstatat (p->folder, p->layout->target, &named, AT_SYMLINK_NOFOLLOW) == 0
         && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* Returns whether the folder can change its name: its parent can be written to and is in the same file system. */
static bool
can_move (const char *parent_path, const char *name, const struct stat *st)
{
  struct stat above;
  int parent = open (parent_path, OPEN_FOLDER & ~O_NOFOLLOW);
  bool fine = parent >= 0 && fstat (parent, &above) == 0 && above.st_dev == st->st_dev
              && faccessat (parent, ".", W_OK | X_OK, AT_EACCESS) == 0
              && fci_os_is_not_mounted (parent, name);
  if (parent >= 0)
    close (parent);
  return fine;
}

bool
fci_exchange_open (fci_publication *p)
{
  const char *slash = strrchr (p->output, '/'), *name = slash ? slash + 1 : p->output;
  const char *parent = fci_output_folder (p->ctx, p->output);
  struct stat st;
  if (!parent || !(p->ctx->options.flags & FMTCONV_FORCE) || strcmp (name, p->layout->target) != 0
      || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return false;
  p->replaced = open (p->output, OPEN_FOLDER);
  if (p->replaced >= 0 && fstat (p->replaced, &st) == 0 && can_move (parent, name, &st)
      && !fci_os_is_layered (p->replaced) && walk_all (p, LOOK))
    return true;
  if (p->replaced >= 0)
    close (p->replaced);
  p->replaced = -1;
  return false;
}

/* Returns whether the file system can link and exchange, tried in an empty folder. */
static bool
can_exchange (int folder)
{
  bool made = mkdirat (folder, "a", 0700) == 0 && mkdirat (folder, "b", 0700) == 0;
  int inner = made ? openat (folder, "a", OPEN_FOLDER) : -1;
  int file = inner >= 0 ? openat (folder, FCI_PROBE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
  bool fine = file >= 0 && fci_os_link (folder, FCI_PROBE, inner, FCI_PROBE) == 0
              && unlinkat (inner, FCI_PROBE, 0) == 0
              && fci_os_rename (folder, "a", "b", FCI_RENAME_EXCHANGE) == 0;
  if (file >= 0)
    {
      close (file);
      unlinkat (folder, FCI_PROBE, 0);
    }
  if (inner >= 0)
    close (inner);
  unlinkat (folder, "a", AT_REMOVEDIR);
  unlinkat (folder, "b", AT_REMOVEDIR);
  return fine;
}

bool
fci_exchange_works (const fci_publication *p)
{
  struct stat old, new;
  const int folder = p->dirs[0].fd;
  return fstat (p->replaced, &old) == 0 && fstat (folder, &new) == 0
         && old.st_gid == new.st_gid &&fci_os_has_no_attributes (folder) && has_name (p)
         && can_exchange (folder) && walk_all (p, TRY);
}

/* Gives the new folders the modes of the old ones. */
static bool
copy_modes (fci_publication *p)
{
  struct stat st;
  for (size_t i = 0; i < p->n_dirs; i++)
    {
      const char *name = *p->dirs[i].name ? p->dirs[i].name : ".";
      if (fstatat (p->replaced, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      if (i == 0)
        p->folder_mode = st.st_mode & 07777;
      else if (fci_set_mode (p->dirs[i].fd, st.st_mode & 07777) != 0)
        return false;
    }
  return true;
}

int
fci_exchange_carry (fci_publication *p)
{
  char text[FCI_ERROR_TEXT];
  errno = 0;
  if (has_name (p) && walk_all (p, CARRY) && copy_modes (p))
    return 0;
  const int error = errno; /* 0: a condition does not hold any more */
  return fci_fail_system (
      p->ctx, FMTCONV_E_OUTPUT, error, p->output,
      &(fmtconv_where){ .hint = "convert again when no other program works in this folder" },
      "the folder changed during the conversion and cannot be replaced any more%s%s", error ? ": " : "",
      error ? fci_os_error_text (error, text) : "");
}
