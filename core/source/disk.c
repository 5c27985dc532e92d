/* core/source/disk.c: open files, each opened once and kept until the context is freed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/state.h"
#include "core/source/disk.h"
#include <errno.h>
#include <unistd.h>

static const fci_state_key sources_key = { "source/disk.c", sizeof (struct fci_sources) };

struct fci_sources *
fci_sources_of (fmtconv_ctx *ctx)
{
  return fci_state (ctx, &sources_key);
}

fmtconv_source *
fci_source_new (fmtconv_ctx *ctx, const char *name)
{
  struct fci_sources *all = fci_sources_of (ctx);
  fmtconv_source *source = all && name ? fci_new (ctx, fmtconv_source) : NULL;
  if (source)
    *source = (fmtconv_source){ .ctx = ctx, .name = name, .all = all, .id = all->next_id++ };
  return source;
}

static bool
same_file (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
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
  close (disk->fd);
  disk->fd = -1;
}

static fmtconv_source *
add_disk (fmtconv_ctx *ctx, int fd, const char *path, const struct stat *st)
{
  struct fci_sources *all = fci_sources_of (ctx);
  fci_disk_file *disk = fci_new (ctx, fci_disk_file);
  fmtconv_source *source = disk ? fci_source_new (ctx, fci_strdup (ctx, path)) : NULL;
  if (!source)
    {
      close (fd);
      return NULL;
    }
  *disk = (fci_disk_file){ .fd = fd,
                           .path = source->name,
                           .opened = *st,
                           .file = { (uint64_t) st->st_dev, (uint64_t) st->st_ino },
                           .whole = source };
  source->disk = disk;
  source->size = (uint64_t) st->st_size;
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
      return known->whole;
    }
  close (fd);
  return NULL;
}

/* A file that lost its last name was replaced or removed: other files of its set, opened later, may be of another set. */
static bool
unchanged (const struct stat *a, const struct stat *b)
{
  const struct timespec x = fci_os_mtime (a), y = fci_os_mtime (b);
  return same_file (a, b) && a->st_size == b->st_size && x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec
         && (b->st_nlink > 0 || a->st_nlink == 0);
}

/* Reports the oldest of the changed files, so that the message is deterministic. */
int
fci_sources_unchanged (fmtconv_ctx *ctx)
{
  const struct fci_sources *all = fci_state_find (ctx, &sources_key);
  const fci_disk_file *first = NULL;
  for (const fci_disk_file *disk = all ? all->disks : NULL; disk; disk = disk->next)
    {
      struct stat now;
      if (fstat (disk->fd, &now) != 0)
        return fci_fail_io (ctx, disk->path, "cannot be examined");
      if (!unchanged (&disk->opened, &now))
        first = disk;
    }
  if (!first)
    return 0;
  return fci_fail_file (
      ctx, FMTCONV_E_IO, first->path,
      &(fmtconv_where){ .hint = "wait until no program writes or replaces the file, then convert again" },
      "the file changed during the conversion");
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
