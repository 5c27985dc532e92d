/* core/source/disk.c: open files, each opened once and kept until the context is freed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/state.h"
#include "core/source/descriptors.h"
#include "core/source/disk.h"
#include <errno.h>
#include <unistd.h>

enum
{
  LEAST_INPUT =
      1 << 10 /* bytes that a small file counts as: its paths, status and sources take about 4 KiB */
};

static const fci_state_key sources_key = { "source/disk.c", sizeof (struct fci_sources) };

static void
destroy_lock (void *arg)
{
  struct fci_sources *all = arg;
  pthread_cond_destroy (&all->released);
  pthread_mutex_destroy (&all->lock);
}

struct fci_sources *
fci_sources_of (fmtconv_ctx *ctx)
{
  if (ctx->sources)
    return ctx->sources;
  struct fci_sources *all = fci_state (ctx, &sources_key);
  if (!all)
    return NULL;
  if (pthread_mutex_init (&all->lock, NULL) != 0)
    return fci_nomem (ctx);
  if (pthread_cond_init (&all->released, NULL) != 0)
    {
      pthread_mutex_destroy (&all->lock);
      return fci_nomem (ctx);
    }
  if (fci_defer_call (ctx, destroy_lock, all) != 0)
    return NULL;
  ctx->put_source_name = fci_source_put_name;
  return ctx->sources = all;
}

fmtconv_source *
fci_source_new (fmtconv_ctx *ctx, const fmtconv_source *within, const char *name)
{
  struct fci_sources *all = fci_sources_of (ctx);
  fmtconv_source *source = all && name ? fci_new (ctx, fmtconv_source) : NULL;
  if (source)
    *source = (fmtconv_source){ .ctx = ctx, .within = within, .part = name, .id = ++all->last_id };
  return source;
}

static fci_disk_file *
find (fmtconv_ctx *ctx, const struct stat *st)
{
  const struct fci_sources *all = fci_state_find (ctx, &sources_key);
  const uint64_t file[2] = { (uint64_t) st->st_dev, (uint64_t) st->st_ino };
  uintptr_t found = 0;
  return all && all->by_file && fci_map_get (all->by_file, file, sizeof file, &found)
             ? (fci_disk_file *) found
             : NULL;
}

/* Adds a file to the list and the map.  Returns 0 or a code. */
static int
add_to_sources (fmtconv_ctx *ctx, struct fci_sources *all, fci_disk_file *disk)
{
  if (!all->by_file)
    all->by_file = fci_map_new (ctx);
  if (!all->by_file || !fci_map_add (all->by_file, disk->file, sizeof disk->file, (uintptr_t) disk, NULL))
    return ctx->failed;
  disk->next = all->disks;
  all->disks = disk;
  return 0;
}

static void
close_disk (void *arg)
{
  fci_disk_file *disk = arg;
  if (disk->fd >= 0)
    close (disk->fd);
  disk->fd = -1;
}

static fmtconv_source *
add_disk (fmtconv_ctx *ctx, int fd, const char *path, const struct stat *st)
{
  struct fci_sources *all = fci_sources_of (ctx);
  fci_disk_file *disk = all ? fci_new (ctx, fci_disk_file) : NULL;
  fmtconv_source *source = disk ? fci_source_new (ctx, NULL, fci_strdup (ctx, path)) : NULL;
  if (!source)
    {
      close (fd);
      return NULL;
    }
  *disk = (fci_disk_file){ .fd = fd,
                           .path = source->part,
                           .opened = *st,
                           .file = { (uint64_t) st->st_dev, (uint64_t) st->st_ino },
                           .whole = source };
  source->disk = disk;
  source->size = (uint64_t) st->st_size;
  fci_budget_add_input (&ctx->budget, source->part, source->size > LEAST_INPUT ? source->size : LEAST_INPUT);
  if (fci_defer_call (ctx, close_disk, disk) != 0 || add_to_sources (ctx, all, disk) != 0)
    return NULL;
  return source;
}

fmtconv_source *
fci_source_fd (fmtconv_ctx *ctx, int fd, const char *path)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    fci_fail_io (ctx, path, "cannot be examined");
  else if (!S_ISREG (st.st_mode))
    fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, path, NULL, "this is %s, not a regular file",
                   fci_file_kind (st.st_mode));
  else
    {
      fci_disk_file *known = find (ctx, &st);
      if (!known)
        return add_disk (ctx, fd, path, &st);
      close (fd);
      /* The inode of a file that is closed and was removed may belong to another one. */
      if (known->fd >= 0 || fci_disk_unchanged (&known->opened, &st))
        return known->whole;
      fci_fail_changed (ctx, known->path);
      return NULL;
    }
  close (fd);
  return NULL;
}

int
fci_fail_changed (fmtconv_ctx *ctx, const char *path)
{
  const fmtconv_where where = { .hint =
                                    "wait until no program writes or replaces the file, then convert again" };
  return fci_fail_file (ctx, FMTCONV_E_IO, path, &where, "the file changed during the conversion");
}

/* Returns 0, FCI_READ_CHANGED or an errno. */
static int
compare (fci_disk_file *disk)
{
  struct stat now;
  int fd, error = fci_disk_acquire (disk, &fd);
  if (error != 0)
    return error;
  error = fstat (fd, &now) != 0 ? errno : fci_disk_unchanged (&disk->opened, &now) ? 0 : FCI_READ_CHANGED;
  fci_disk_release (disk);
  return error;
}

/* Reports the oldest of the changed files, so that the message is deterministic. */
int
fci_sources_unchanged (fmtconv_ctx *ctx)
{
  const struct fci_sources *all = fci_state_find (ctx, &sources_key);
  const fci_disk_file *first = NULL;
  for (fci_disk_file *disk = all ? all->disks : NULL; disk; disk = disk->next)
    {
      const int error = compare (disk);
      if (error == FCI_READ_CHANGED)
        first = disk;
      else if ((errno = error) != 0)
        return fci_fail_io (ctx, disk->path, "cannot be examined");
    }
  return first ? fci_fail_changed (ctx, first->path) : 0;
}

void
fci_sources_each (fmtconv_ctx *ctx, void (*visit) (void *arg, const fci_disk_file *disk), void *arg)
{
  const struct fci_sources *all = fci_state_find (ctx, &sources_key);
  for (const fci_disk_file *disk = all ? all->disks : NULL; disk; disk = disk->next)
    visit (arg, disk);
}

const char *
fci_sources_find (fmtconv_ctx *ctx, const struct stat *st)
{
  const fci_disk_file *disk = find (ctx, st);
  return disk ? disk->path : NULL;
}

const char *
fci_file_kind (mode_t mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFDIR:
      return "a folder";
    case S_IFCHR:
      return "a character device";
    case S_IFBLK:
      return "a block device";
    case S_IFIFO:
      return "a named pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a special file";
    }
}

bool
fci_disk_is_input (const fci_disk_file *disk)
{
  return !disk->is_own && disk->opened.st_nlink > 0 && disk->whole;
}
