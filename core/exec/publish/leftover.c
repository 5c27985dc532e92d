/* core/exec/publish/leftover.c: temporaries that killed runs left next to an output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process holds a lock on its temporaries until it ends, so a free lock says that nobody works on them.  Where the file
 * system has no locks, they stay. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/stale.h"
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
  MAX_DEPTH = 9, /* one more than the folders in a file's name */
  OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
};

/* What is searched, and what was found. */
typedef struct hunt
{
  fmtconv_ctx *ctx;
  const fmtconv_layout *layout;
  const char *path;   /* of the folder */
  const char *within; /* NULL: the layout's folder itself is searched */
  size_t n_removed;
} hunt;

/* Returns whether this output has a file of that name in the folder `within`, now or with another number of shards. */
static bool
has_file (const fmtconv_layout *layout, const char *within, const char *name)
{
  return fci_layout_has (layout, within, name) || fci_layout_is_stale (layout, within, name);
}

/* Returns whether the name in a temporary's name is that of a file of this output, which may be cut. */
static bool
has_temporary (const fmtconv_layout *layout, const char *within, const char *name)
{
  const size_t n = strlen (within);
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if ((size_t) (file->base - file->name) == n && memcmp (file->name, within, n) == 0
        && fci_temporary_is_for (name, file->base))
      return true;
  return fci_layout_is_stale (layout, within, name);
}

/* Returns whether the folder is the one that holds the output. */
static bool
is_beside (const hunt *h)
{
  return !h->within || (!*h->within && !h->layout->is_folder);
}

/* Returns whether the temporary of that entry belongs to this output. */
static bool
is_ours (const hunt *h, const char *entry)
{
  const char *name = fci_temporary_target (h->ctx, entry);
  if (!name || strcmp (name, "fmtconv.journal") == 0)
    return name != NULL;
  return h->within ? has_temporary (h->layout, h->within, name)
                   : fci_temporary_is_for (name, h->layout->target);
}

/* Returns whether the entry is a work map of this output.  They are removed first: one without temporaries does no harm. */
static bool
is_map (const hunt *h, const char *entry)
{
  const char *name = is_beside (h) ? fci_temporary_target (h->ctx, entry) : NULL;
  unsigned share, shares;
  return name && fci_work_map_is_for (name, h->layout->target, &share, &shares);
}

static DIR *
open_dir (int folder, const char *name)
{
  int fd = openat (folder, name, OPEN_FLAGS | O_DIRECTORY);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  if (!dir && fd >= 0)
    close (fd);
  return dir;
}

/* Returns whether `path` in the folder `twin` is the same file. */
static bool
is_twin (int twin, const char *path, const struct stat *st)
{
  struct stat other;
  return twin >= 0 && fstatat (twin, path, &other, AT_SYMLINK_NOFOLLOW) == 0 && other.st_dev == st->st_dev
         && other.st_ino == st->st_ino;
}

static void empty (const fmtconv_layout *layout, int folder, const char *name, int twin, const char *within,
                   int depth);

static void
empty_entry (const fmtconv_layout *layout, int folder, const char *name, int twin, const char *within,
             int depth)
{
  struct stat st;
  char path[FCI_PATH_MAX];
  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0
      || fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0
      || snprintf (path, sizeof path, S_ISDIR (st.st_mode) ? "%s%s/" : "%s%s", within, name)
             >= (int) sizeof path)
    return;
  if (S_ISDIR (st.st_mode))
    empty (layout, folder, name, twin, path, depth + 1);
  else if (has_file (layout, within, name) || is_twin (twin, path, &st) || strcmp (name, FCI_PROBE) == 0)
    unlinkat (folder, name, 0);
}

/* Removes what may be removed from a folder (`within`: "" or "vae/"), and the folder if it is then empty. */
static void
empty (const fmtconv_layout *layout, int folder, const char *name, int twin, const char *within, int depth)
{
  DIR *dir = depth < MAX_DEPTH ? open_dir (folder, name) : NULL;
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    empty_entry (layout, dirfd (dir), entry->d_name, twin, within, depth);
  if (dir)
    closedir (dir);
  unlinkat (folder, name, AT_REMOVEDIR);
}

/* In a folder that is its own twin, every file has a twin. */
void
fci_leftover_empty (const fmtconv_layout *layout, int folder, const char *name, int twin)
{
  struct stat st, other;
  if (twin < 0 || fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || fstat (twin, &other) != 0
      || st.st_dev != other.st_dev || st.st_ino != other.st_ino)
    empty (layout, folder, name, twin, "", 0);
}

/* Removes a left folder; its files may be links to those of the output's folder. */
static void
remove_folder (const hunt *h, int folder, const char *name)
{
  int twin = openat (folder, h->layout->target, OPEN_FLAGS | O_DIRECTORY);
  fci_leftover_empty (h->layout, folder, name, twin);
  if (twin >= 0)
    close (twin);
}

/* Removes a temporary whose lock is free, if it belongs to this user. */
static void
remove_one (hunt *h, int folder, const char *name)
{
  struct stat open, named;
  int fd = openat (folder, name, OPEN_FLAGS);
  const bool dead = fd >= 0 && fstat (fd, &open) == 0 && fci_os_lock (fd) == 0
                    && fstatat (folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && open.st_dev == named.st_dev
                    && open.st_ino == named.st_ino && open.st_uid == geteuid ();
  if (dead && S_ISDIR (open.st_mode))
    remove_folder (h, folder, name);
  else if (dead && S_ISREG (open.st_mode))
    unlinkat (folder, name, 0);
  if (fd >= 0)
    close (fd);
  if (!dead)
    return;
  const bool left = fstatat (folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0;
  if (left)
    fmtconv_note (
        h->ctx, "%s was left by an interrupted run and holds other files: remove it if you do not need them",
        fci_path_join (h->ctx, h->path, name));
  h->n_removed += !left;
}

int
fci_leftovers_remove (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                      const char *within)
{
  hunt h = { .ctx = ctx, .layout = layout, .path = path, .within = within };
  DIR *dir = open_dir (folder, ".");
  if (!dir)
    return fci_fail_io (ctx, path, "cannot be listed");
  for (const struct dirent *entry; !fmtconv_ctx_failed (ctx) && (entry = readdir (dir));)
    if (is_map (&h, entry->d_name))
      remove_one (&h, dirfd (dir), entry->d_name);
  const bool had_map = h.n_removed > 0;
  rewinddir (dir);
  for (const struct dirent *entry; !fmtconv_ctx_failed (ctx) && (entry = readdir (dir));)
    if (is_ours (&h, entry->d_name))
      remove_one (&h, dirfd (dir), entry->d_name);
  closedir (dir);
  if (h.n_removed)
    fmtconv_note (ctx, "%s: removed %zu temporary file%s of an interrupted run%s", path, h.n_removed,
                  h.n_removed == 1 ? "" : "s", had_map ? "; --resume would have continued it" : "");
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether no process holds the lock of a temporary. */
static bool
is_free (int folder, const char *name)
{
  int fd = openat (folder, name, OPEN_FLAGS);
  const bool held = fd >= 0 && fci_os_lock (fd) != 0 && errno == EWOULDBLOCK;
  if (fd >= 0)
    close (fd);
  return !held;
}

/* A search for what interrupted runs left. */
typedef struct search
{
  fmtconv_ctx *ctx;
  const char *path; /* of the folder, for messages */
  void (*found) (void *arg, const char *name);
  void *arg;
  size_t n;
} search;

static void look_in (search *s, int folder, const char *name, const char *within, unsigned depth);

/* Reports an entry of a folder (`within`: "" or "vae/"), or searches it. */
static void
look_at (search *s, int folder, const char *entry, const char *within, unsigned depth)
{
  struct stat st;
  const char *name = fmtconv_ctx_printf (s->ctx, "%s%s", within, entry);
  if (!name)
    return;
  if ((strcmp (entry, FCI_JOURNAL) == 0 || fci_is_temporary (entry)) && is_free (folder, entry))
    {
      s->found (s->arg, name);
      s->n++;
    }
  else if (depth > 0 && strcmp (entry, ".") != 0 && strcmp (entry, "..") != 0
           && fstatat (folder, entry, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode))
    look_in (s, folder, entry, fmtconv_ctx_printf (s->ctx, "%s/", name), depth - 1);
}

/* Searches a folder, if it exists.  Records an error. */
static void
look_in (search *s, int folder, const char *name, const char *within, unsigned depth)
{
  DIR *dir = within ? open_dir (folder, name) : NULL;
  const struct dirent *entry = NULL;
  if (within && !dir && !fci_is_absent (errno))
    fci_fail_io (s->ctx, fci_path_join (s->ctx, s->path, within), "cannot be listed");
  while (dir && !fmtconv_ctx_failed (s->ctx) && (errno = 0, entry = readdir (dir)))
    look_at (s, dirfd (dir), entry->d_name, within, depth);
  if (dir && !fmtconv_ctx_failed (s->ctx) && !entry && errno)
    fci_fail_io (s->ctx, fci_path_join (s->ctx, s->path, within), "cannot be listed");
  if (dir)
    closedir (dir);
}

size_t
fci_leftovers_find (fmtconv_ctx *ctx, const char *path, unsigned depth,
                    void (*found) (void *arg, const char *name), void *arg)
{
  search s = { .ctx = ctx, .path = path, .found = found, .arg = arg };
  look_in (&s, AT_FDCWD, path, "", depth);
  return s.n;
}

static void
list_name (void *ctx, const char *name)
{
  fmtconv_detail (ctx, "%s", name);
}

int
fci_leftovers_note (fmtconv_ctx *ctx, const char *path)
{
  const size_t n = fci_leftovers_find (ctx, path, 0, list_name, ctx);
  if (n)
    fmtconv_note (ctx,
                  "%s: an interrupted run left %s; another conversion to the same output removes %s:", path,
                  n == 1 ? "this" : "these", n == 1 ? "it" : "them");
  return fmtconv_ctx_failed (ctx);
}
