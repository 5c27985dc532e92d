/* core/source/descriptors.c: closes the files that were not read for the longest time, and opens them again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/source/descriptors.h"
#include "core/source/safe-open.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

enum
{
  SPARE =
      16 /* descriptors that files of models leave to journals, folders, modules and whoever needs one for a moment */
};

bool
fci_disk_unchanged (const struct stat *a, const struct stat *b)
{
  const struct timespec x = fci_os_mtime (a), y = fci_os_mtime (b);
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && x.tv_sec == y.tv_sec
         && x.tv_nsec == y.tv_nsec && (b->st_nlink > 0 || a->st_nlink == 0);
}

/* Returns whether a descriptor is one of the last that the process may have.  As a new one is the lowest that is free, few
 * are left then, whoever has the others. */
static bool
is_spare (const struct fci_sources *all, int fd)
{
  const uint64_t spare = all->max_descriptors / 4 < SPARE ? all->max_descriptors / 4 : SPARE;
  return (uint64_t) fd >= all->max_descriptors - spare;
}

/* Adds a file to those that nobody reads, as the newest. */
static void
add_idle (struct fci_sources *all, fci_disk_file *disk)
{
  disk->older = all->newest;
  disk->newer = NULL;
  if (all->newest)
    all->newest->newer = disk;
  else
    all->oldest = disk;
  all->newest = disk;
}

static void
remove_idle (struct fci_sources *all, const fci_disk_file *disk)
{
  if (disk->older)
    disk->older->newer = disk->newer;
  else
    all->oldest = disk->newer;
  if (disk->newer)
    disk->newer->older = disk->older;
  else
    all->newest = disk->older;
}

/* Closes the file that was not read for the longest time.  Returns false if all are read now. */
static bool
close_oldest (struct fci_sources *all)
{
  fci_disk_file *disk = all->oldest;
  if (!disk)
    return false;
  remove_idle (all, disk);
  close (disk->fd);
  disk->fd = -1;
  return true;
}

/* Returns the descriptor, or a lower one of the same open file after which it is closed, so that the last ones stay free.
 * Closes idle files for that, if there are any. */
static int
settle (struct fci_sources *all, int fd)
{
  struct rlimit files;
  if (all->max_descriptors == 0)
    all->max_descriptors = getrlimit (RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : UINT64_MAX;
  while (is_spare (all, fd) && close_oldest (all))
    {
      const int lower = fcntl (fd, F_DUPFD_CLOEXEC, 0);
      if (lower < 0)
        continue;
      close (lower < fd ? fd : lower);
      fd = lower < fd ? lower : fd;
    }
  return fd;
}

static bool
is_too_many (int error)
{
  return error == EMFILE || error == ENFILE;
}

void
fci_disk_reopens (fci_disk_file *disk, const fmtconv_input *folder, const char *name)
{
  struct fci_sources *all = disk->whole->ctx->sources;
  if (disk->name)
    return;
  pthread_mutex_lock (&all->lock);
  disk->fd = settle (all, disk->fd);
  disk->folder = folder;
  disk->name = name;
  add_idle (all, disk);
  pthread_mutex_unlock (&all->lock);
}

bool
fci_sources_settle (struct fci_sources *all, int *fd)
{
  pthread_mutex_lock (&all->lock);
  *fd = settle (all, *fd);
  const bool is_last = is_spare (all, *fd);
  pthread_mutex_unlock (&all->lock);
  if (is_last)
    errno = EMFILE;
  return !is_last;
}

bool
fci_sources_relieve (struct fci_sources *all)
{
  const int error = errno;
  if (!all || !is_too_many (error))
    return false;
  pthread_mutex_lock (&all->lock);
  const bool closed = close_oldest (all);
  for (int i = 1; i < SPARE && close_oldest (all); i++)
    continue;
  pthread_mutex_unlock (&all->lock);
  errno = error;
  return closed;
}

/* Makes room for a descriptor: closes a file, or waits until another thread has read one, whose file is then idle.  Returns
 * false if there is nothing to close or to wait for. */
static bool
make_room (struct fci_sources *all)
{
  if (close_oldest (all))
    return true;
  if (all->n_read == 0)
    return false;
  pthread_cond_wait (&all->released, &all->lock);
  return true;
}

/* Opens a file again, and checks that it is the same.  Returns 0, an errno or FCI_READ_CHANGED. */
static int
open_again (struct fci_sources *all, fci_disk_file *disk)
{
  struct stat st;
  int fd;
  do
    fd = disk->folder ? fci_open_in_folder (disk->folder, disk->name, FCI_OPEN_FLAGS)
                      : open (disk->name, FCI_OPEN_FLAGS);
  while (fd < 0 && is_too_many (errno) && make_room (all));
  if (fd < 0)
    return fci_is_absent (errno) ? FCI_READ_CHANGED : errno;
  const int error = fstat (fd, &st) != 0 ? errno : 0;
  if (error != 0 || !fci_disk_unchanged (&disk->opened, &st))
    {
      close (fd);
      return error != 0 ? error : FCI_READ_CHANGED;
    }
  disk->fd = settle (all, fd);
  return 0;
}

int
fci_disk_acquire (fci_disk_file *disk, int *fd)
{
  int error = 0;
  if (disk->name)
    {
      struct fci_sources *all = disk->whole->ctx->sources;
      pthread_mutex_lock (&all->lock);
      if (disk->fd < 0)
        error = open_again (all, disk);
      else if (disk->n_users == 0)
        remove_idle (all, disk);
      disk->n_users += error == 0;
      all->n_read += error == 0;
      *fd = disk->fd;
      pthread_mutex_unlock (&all->lock);
    }
  else
    *fd = disk->fd;
  return error;
}

void
fci_disk_release (fci_disk_file *disk)
{
  if (!disk->name)
    return;
  struct fci_sources *all = disk->whole->ctx->sources;
  pthread_mutex_lock (&all->lock);
  all->n_read--;
  if (--disk->n_users == 0)
    {
      if (is_spare (all, disk->fd))
        {
          close (disk->fd);
          disk->fd = -1;
        }
      else
        add_idle (all, disk);
      pthread_cond_signal (&all->released);
    }
  pthread_mutex_unlock (&all->lock);
}

void
fci_sources_drop_cache (struct fci_sources *all, void (*drop) (int fd))
{
  if (!all)
    return;
  pthread_mutex_lock (&all->lock);
  for (const fci_disk_file *disk = all->disks; disk; disk = disk->next)
    if (disk->fd >= 0)
      drop (disk->fd);
  pthread_mutex_unlock (&all->lock);
}
