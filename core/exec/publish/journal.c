/* core/exec/publish/journal.c: writes the journals that make several renames one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each folder has its own journal, so that readers find it.  All journals are on disk before the first name changes, and
 * are removed after the last change.  A killed run is therefore known by what is there: while a journal is missing,
 * either nothing or everything has changed in the other folders. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/base/strbuf.h"
#include "core/exec/publish/journal.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/recover.h"
#include "core/source/journal.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_same (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Adds a folder, once.  Returns 0 or a code. */
static int
add_dir (fci_journals *j, int folder, const char *path)
{
  fmtconv_ctx *ctx = j->changes->ctx;
  fci_journal_dir *dir = &j->dirs[j->n];
  *dir = (fci_journal_dir){ .folder = folder, .fd = -1 };
  if (fstat (folder, &dir->stat) != 0)
    return fci_fail_io (ctx, path, "cannot be examined");
  for (size_t i = 0; i < j->n; i++)
    if (is_same (&j->dirs[i].stat, &dir->stat))
      return 0;
  char *real = realpath (path, NULL);
  if (!real)
    return fci_fail_io (ctx, path, "its absolute path cannot be found");
  dir->path = fci_strdup (ctx, real);
  dir->display = fci_path_join (ctx, path, FCI_JOURNAL);
  free (real);
  j->n++;
  return fmtconv_ctx_failed (ctx);
}

/* Two processes that need the same folders take them in the same order. */
static int
by_id (const void *a, const void *b)
{
  const struct stat *x = &((const fci_journal_dir *) a)->stat, *y = &((const fci_journal_dir *) b)->stat;
  if (x->st_dev != y->st_dev)
    return x->st_dev < y->st_dev ? -1 : 1;
  return (x->st_ino > y->st_ino) - (x->st_ino < y->st_ino);
}

/* Finds the folders of all changes.  Returns 0 or a code. */
static int
find_dirs (fci_journals *j)
{
  const fci_changes *c = j->changes;
  const size_t n = c->n_moves + c->n_old;
  int code = 0, last = -1;
  j->dirs = n > 1 ? fmtconv_ctx_alloc (c->ctx, n, sizeof *j->dirs) : NULL;
  if (!j->dirs)
    return fmtconv_ctx_failed (c->ctx);
  for (size_t i = 0; i < c->n_moves && code == 0; i++)
    if (c->moves[i].folder != last)
      code = add_dir (j, last = c->moves[i].folder, c->moves[i].path);
  for (size_t i = 0; i < c->n_old && code == 0; i++)
    if (c->old[i]->folder != last)
      code = add_dir (j, last = c->old[i]->folder, c->old[i]->path);
  if (code == 0)
    qsort (j->dirs, j->n, sizeof *j->dirs, by_id);
  return code;
}

static bool
is_in (int folder, const fci_journal_dir *dir)
{
  struct stat st;
  return folder == dir->folder || (fstat (folder, &st) == 0 && is_same (&st, &dir->stat));
}

/* Appends a record, with the NUL that ends it. */
static void
add_record (fci_strbuf *to, const char *record)
{
  if (record)
    fci_strbuf_add_bytes (to, record, strlen (record) + 1);
}

/* Appends the identity of what has that name now, and a '/'. */
static void
add_identity (const fci_journals *j, const fci_journal_dir *dir, int folder, const char *name, fci_strbuf *to)
{
  struct stat st;
  char id[FCI_IDENTITY_TEXT];
  const bool exists = fci_name_exists (j->changes->ctx, folder, name, dir->display, &st);
  fci_identity_write (exists ? &st : NULL, id);
  fci_strbuf_add_all (to, id, "/", NULL);
}

static void
describe_move (const fci_journals *j, const fci_journal_dir *dir, const fci_move *m, fci_strbuf *to)
{
  fci_strbuf_add (to, "move ");
  add_identity (j, dir, m->folder, m->from, to);
  add_identity (j, dir, m->folder, m->to, to);
  fci_strbuf_add_all (to, m->from, "/", NULL);
  add_record (to, m->to);
}

static void
describe_old (const fci_journals *j, const fci_journal_dir *dir, const fci_old_file *old, fci_strbuf *to)
{
  fci_strbuf_add (to, "old ");
  add_identity (j, dir, old->folder, old->name, to);
  add_record (to, old->name);
}

/* Makes the text of one folder's journal, which is not to be used after an error. */
static void
describe (const fci_journals *j, const fci_journal_dir *dir, fci_strbuf *to)
{
  const fci_changes *c = j->changes;
  char host[FCI_HOST_TEXT];
  fci_os_host (host);
  add_record (to, FCI_JOURNAL_HEAD);
  add_record (to, fmtconv_ctx_printf (c->ctx, "owner %ld/%s", (long) getpid (), host));
  for (const fci_move *m = c->moves; m < c->moves + c->n_moves; m++)
    if (is_in (m->folder, dir))
      describe_move (j, dir, m, to);
  for (size_t i = 0; i < c->n_old; i++)
    if (is_in (c->old[i]->folder, dir))
      describe_old (j, dir, c->old[i], to);
  for (const fci_journal_dir *peer = j->dirs; peer < j->dirs + j->n; peer++)
    if (peer != dir)
      {
        fci_strbuf_add (to, "peer ");
        add_record (to, peer->path);
      }
  add_record (to, "end");
}

static int
write_all (const fci_journals *j, const fci_journal_dir *dir, const char *text, size_t n)
{
  for (size_t at = 0; at < n;)
    {
      ssize_t done = j->changes->io->pwrite (dir->fd, text + at, n - at, (off_t) at);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        return fci_fail_io (j->changes->ctx, dir->display, "cannot be written");
      at += (size_t) done;
    }
  if (j->changes->io->fsync (dir->fd) != 0)
    return fci_fail_io (j->changes->ctx, dir->display, "cannot be flushed to disk");
  return 0;
}

/* Gives a complete journal its name, after other publications in the folder have ended.  Returns 0 or a code. */
static int
place (const fci_journals *j, fci_journal_dir *dir, const char *temporary)
{
  fmtconv_ctx *ctx = j->changes->ctx;
  for (;;)
    {
      if (j->changes->io->rename (dir->folder, temporary, FCI_JOURNAL, FCI_RENAME_NOREPLACE) == 0)
        {
          dir->placed = true;
          return 0;
        }
      if (errno != EEXIST)
        return fci_fail_io (ctx, dir->display, "cannot be created");
      if (fci_recover (ctx, dir->folder, dir->path))
        return fmtconv_ctx_failed (ctx);
    }
}

static int
write_dir (const fci_journals *j, fci_journal_dir *dir)
{
  fmtconv_ctx *ctx = j->changes->ctx;
  mode_t mode;
  fci_strbuf text = { .ctx = ctx };
  describe (j, dir, &text);
  const char *temporary = fci_temporary_name (ctx, "fmtconv.journal", j->changes->digest);
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  dir->fd = fci_open_locked (dir->folder, temporary, &mode);
  if (dir->fd < 0)
    return fci_fail_io (ctx, dir->display, "cannot be created");
  int code = write_all (j, dir, text.text, text.len);
  if (code == 0)
    code = place (j, dir, temporary);
  if (code != 0)
    unlinkat (dir->folder, temporary, 0);
  return code;
}

int
fci_journals_open (const fci_changes *changes, fci_journals *j)
{
  *j = (fci_journals){ .changes = changes };
  int code = find_dirs (j);
  for (size_t i = 0; i < j->n && code == 0; i++)
    code = write_dir (j, &j->dirs[i]);
  for (size_t i = 0; i < j->n && code == 0; i++)
    if (changes->io->fsync (j->dirs[i].folder) != 0 && errno != EINVAL)
      code = fci_fail_io (changes->ctx, j->dirs[i].display, "cannot be flushed to disk");
  return code;
}

bool
fci_journals_close (fci_journals *j, bool remove)
{
  bool removed = true;
  for (size_t i = 0; i < j->n; i++)
    {
      fci_journal_dir *dir = &j->dirs[i];
      if (dir->placed && remove && unlinkat (dir->folder, FCI_JOURNAL, 0) != 0)
        removed = false;
      if (dir->fd >= 0)
        close (dir->fd);
      dir->fd = -1;
    }
  return removed;
}
