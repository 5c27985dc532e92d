/* core/exec/temporary.c: the files that are written beside their targets: names, locks, room, removal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/target.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  TRIES = 8, /* to create or take over a temporary that others remove meanwhile */
  DECOR = 24 /* bytes that a temporary's name is longer than its target's */
};

/* ".NAME.fmtconv-0123abcd.tmp"; the same plan gives the same name, so that what a killed run left is found. */
static const char *
temporary_name (fmtconv_ctx *ctx, const char *name, uint64_t digest)
{
  size_t len = strlen (name) > NAME_MAX - DECOR ? NAME_MAX - DECOR : strlen (name);
  return fmtconv_text (ctx, ".%.*s.fmtconv-%08x.tmp", (int) len, name,
                       (unsigned) (digest ^ digest >> 32) & 0xffffffffu);
}

/* Is the open file still the one of that name, ours alone, and a regular one? */
static bool
is_ours (int folder, const char *name, int fd)
{
  struct stat a, b;
  return fstat (fd, &a) == 0 && fstatat (folder, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev
         && a.st_ino == b.st_ino && S_ISREG (a.st_mode) && a.st_nlink == 1 && a.st_uid == geteuid ();
}

/* Lock it; where the file system has no locks, only a file that we made is ours. */
static bool
lock (int fd, bool made)
{
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return true;
  return errno != EWOULDBLOCK && made;
}

/* A new file, or what an interrupted run left and nobody holds.  -1 and errno: EWOULDBLOCK where another
 * process works on it. */
static int
open_locked (int folder, const char *name)
{
  for (int i = 0; i < TRIES; i++)
    {
      int fd = openat (folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
      bool made = fd >= 0;
      if (!made && errno == EEXIST)
        fd = openat (folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      if (fd < 0 && errno == ENOENT)
        continue;
      if (fd < 0)
        return -1;
      bool locked = lock (fd, made), busy = !locked && errno == EWOULDBLOCK;
      if (locked && is_ours (folder, name, fd))
        return fd;
      close (fd);
      errno = busy ? EWOULDBLOCK : EEXIST;
      if (!locked)
        return -1;
    }
  errno = EEXIST;
  return -1;
}

/* File systems without permissions say EPERM. */
int
fci_set_mode (int fd, mode_t mode)
{
  return fchmod (fd, mode) == 0 || errno == EPERM || errno == EOPNOTSUPP ? 0 : -1;
}

static int
open_target (fci_publication *p, fci_target *target, uint64_t digest)
{
  fmtconv_ctx *ctx = p->ctx;
  struct stat st;
  target->shown = fci_join (ctx, p->folder_path, target->file->name);
  target->temporary = temporary_name (ctx, target->file->name, digest);
  if (!target->shown || !target->temporary)
    return fmtconv_failed (ctx);
  target->exists = fstatat (p->folder, target->file->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
  target->mode = target->exists ? st.st_mode & 0777 : 0;
  target->fd = open_locked (p->folder, target->temporary);
  if (target->fd < 0 && errno == EWOULDBLOCK)
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, target->shown,
                          &(fmtconv_where){ .hint = "wait for it to finish" },
                          "another process is writing this output");
  if (target->fd < 0)
    return fci_fail_io (ctx, target->shown, "a temporary file beside it cannot be created");
  if (fci_set_mode (target->fd, 0600) != 0 || ftruncate (target->fd, 0) != 0
      || p->io->fallocate (target->fd, (off_t) target->file->size) != 0)
    return fci_fail_io (ctx, target->shown, "there is no room for it");
  return 0;
}

static void
drop (void *publication)
{
  fci_publication_drop (publication);
}

/* Arrays for all files. */
static bool
prepare (fci_publication *p)
{
  size_t n = p->layout->n_files, i = 0;
  p->targets = fmtconv_alloc (p->ctx, n, sizeof *p->targets);
  p->fds = fmtconv_alloc (p->ctx, n, sizeof *p->fds);
  p->shown = fmtconv_alloc (p->ctx, n, sizeof *p->shown);
  p->paths = fmtconv_alloc (p->ctx, n, sizeof *p->paths);
  p->folder_path = fci_output_folder (p->ctx, p->output);
  if (!p->targets || !p->fds || !p->shown || !p->paths || !p->folder_path)
    return false;
  for (const fmtconv_file *file = p->layout->first; file; file = file->next, i++)
    p->targets[i] = (fci_target){ .file = file, .fd = -1 };
  return true;
}

int
fci_publication_open (fci_publication *p, uint64_t digest)
{
  int code = 0;
  p->folder = -1;
  if (!prepare (p) || (p->folder = fci_open_folder (p->ctx, p->folder_path)) < 0)
    return fmtconv_failed (p->ctx);
  if ((code = fci_defer_call (p->ctx, drop, p)) != 0)
    return code;
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    {
      fci_target *target = &p->targets[i];
      code = open_target (p, target, digest);
      p->fds[i] = target->fd;
      p->shown[i] = target->shown;
      p->paths[i] = target->temporary ? fci_join (p->ctx, p->folder_path, target->temporary) : NULL;
    }
  return code != 0 ? code : fmtconv_failed (p->ctx);
}

/* The lock is held until the name is gone, so that nobody takes the file over in between. */
void
fci_publication_drop (fci_publication *p)
{
  if (p->folder < 0)
    return;
  for (size_t i = 0; i < p->layout->n_files; i++)
    {
      fci_target *target = &p->targets[i];
      if (target->fd >= 0 && target->state == FCI_TARGET_WRITTEN)
        unlinkat (p->folder, target->temporary, 0);
      if (target->fd >= 0)
        close (target->fd);
      target->fd = -1;
    }
  close (p->folder);
  p->folder = -1;
}
