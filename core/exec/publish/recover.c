/* core/exec/publish/recover.c: finishes or undoes a publication whose process was killed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is known by its identity (core/source/journal.h).  A move is done if the final name has the new file; pending if
 * the temporary name has it, and the final name what it had before; lost if the temporary is gone; and else changed by
 * somebody, whose files are not touched.  With all journals in place the set is finished.  A journal is missing only
 * before the first change, which is undone, or after the last. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/move.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/recover.h"
#include "core/exec/publish/twin.h"
#include "core/source/journal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOTHING "0" /* the identity of nothing */

enum
{
  OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
  WAITS = 1200, /* for another process … */
  WAIT_MS = 50  /* … milliseconds each */
};

/* A folder with the journal of the publication. */
typedef struct place
{
  int folder;
  const char *path;
  const char *display; /* path of the journal */
  int fd;              /* of the journal, locked */
  fci_journal journal;
} place;

/* The journals of one publication, and the moves that they name. */
typedef struct recovery
{
  fmtconv_ctx *ctx;
  place *places;
  size_t n;
  bool has_all; /* no journal is missing */
  size_t n_done;
  size_t n_pending;
  size_t n_lost;    /* the temporary is gone */
  size_t n_changed; /* something else has one of the names */
} recovery;

typedef enum found
{
  FOUND,
  ABSENT,
  BUSY,
  FAILED
} found;

/* A journal that another process removed meanwhile is looked for again; another user's is an error. */
static found
fail_owner (fmtconv_ctx *ctx, const place *p)
{
  struct stat st;
  if (fstat (p->fd, &st) != 0 || st.st_uid == geteuid ())
    return BUSY;
  fci_fail_file (ctx, FMTCONV_E_OUTPUT, p->display,
                 &(fmtconv_where){ .hint = "its owner can finish it by the same conversion" },
                 "a conversion of another user was interrupted in this folder");
  return FAILED;
}

/* Opens, reads and locks the journal of place->folder. */
static found
open_journal (fmtconv_ctx *ctx, place *p)
{
  p->fd = openat (p->folder, FCI_JOURNAL, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (p->fd < 0 && fci_is_absent (errno))
    return ABSENT;
  if (p->fd < 0)
    {
      fci_fail_io (ctx, p->display, "cannot be opened");
      return FAILED;
    }
  if (fci_journal_read (ctx, p->fd, p->display, &p->journal) != 0)
    return FAILED;
  if (!fci_journal_lock (p->fd, &p->journal))
    return BUSY;
  fci_twin_remove (p->folder, p->fd);
  return fci_is_own (p->folder, FCI_JOURNAL, p->fd) ? FOUND : fail_owner (ctx, p);
}

static void
close_place (place *p, bool with_folder)
{
  if (p->fd >= 0)
    close (p->fd);
  if (with_folder && p->folder >= 0)
    close (p->folder);
  p->fd = -1;
}

/* A folder of a journal that could not be opened: only one that is not there has no journal. */
static found
no_folder (fmtconv_ctx *ctx, const place *p)
{
  if (fci_is_absent (errno))
    return ABSENT;
  fci_fail_system (
      ctx, FMTCONV_E_IO, errno, p->path,
      &(fmtconv_where){ .hint = "its files and others here were being replaced: let it be opened" },
      "an interrupted conversion cannot be finished: this folder of it cannot be opened");
  return FAILED;
}

/* Opens the journals of the other folders. */
static found
open_peers (recovery *r)
{
  const fci_journal *first = &r->places[0].journal;
  r->has_all = true;
  for (size_t i = 0; i < first->n_peers; i++)
    {
      place *p = &r->places[r->n];
      *p = (place){ .path = first->peers[i], .fd = -1 };
      p->display = fci_path_join (r->ctx, p->path, FCI_JOURNAL);
      p->folder = open (p->path, OPEN_FOLDER);
      found what = p->folder < 0 ? no_folder (r->ctx, p) : open_journal (r->ctx, p);
      r->n++;
      if (what == BUSY || what == FAILED)
        return what;
      if (what == ABSENT)
        {
          close_place (p, true);
          r->has_all = false;
          r->n--;
        }
    }
  return FOUND;
}

static bool
exists (fmtconv_ctx *ctx, const place *p, const char *name, struct stat *st)
{
  return fci_name_exists (ctx, p->folder, name, fci_path_join (ctx, p->path, name), st);
}

/* Returns whether a name in a folder has that identity. */
static bool
has_id (fmtconv_ctx *ctx, const place *p, const char *name, const char *id)
{
  struct stat st;
  char now[FCI_IDENTITY_TEXT];
  fci_identity_write (exists (ctx, p, name, &st) ? &st : NULL, now);
  return strcmp (now, id) == 0;
}

/* Counts the moves by what the names have now.  Anything else than before and after the move was put there later. */
static void
examine (recovery *r)
{
  for (const place *p = r->places; p < r->places + r->n; p++)
    for (const fci_journal_move *m = p->journal.moves; m < p->journal.moves + p->journal.n_moves; m++)
      if (has_id (r->ctx, p, m->to, m->id))
        r->n_done++;
      else if (!has_id (r->ctx, p, m->to, m->replaced))
        r->n_changed++;
      else if (has_id (r->ctx, p, m->from, m->id))
        r->n_pending++;
      else if (has_id (r->ctx, p, m->from, NOTHING))
        r->n_lost++;
      else
        r->n_changed++;
}

static int
sync_places (const recovery *r)
{
  for (const place *p = r->places; p < r->places + r->n; p++)
    if (fsync (p->folder) != 0 && errno != EINVAL)
      return fci_fail_io (r->ctx, p->path, "cannot be flushed to disk");
  return 0;
}

/* Performs the moves that are left.  Returns 0 or a code. */
static int
finish_moves (const recovery *r)
{
  for (const place *p = r->places; p < r->places + r->n; p++)
    for (const fci_journal_move *m = p->journal.moves; m < p->journal.moves + p->journal.n_moves; m++)
      {
        fci_move_state state = FCI_MOVE_PENDING;
        const fci_move move = { .folder = p->folder,
                                .from = m->from,
                                .to = m->to,
                                .replaces = strcmp (m->replaced, NOTHING) != 0,
                                .state = &state };
        const bool done = has_id (r->ctx, p, m->to, m->id);
        if (fmtconv_ctx_failed (r->ctx))
          return fmtconv_ctx_failed (r->ctx);
        if (!done && fci_move_do (&fci_io_system, &move) != 0)
          return fci_fail_io (r->ctx, fci_path_join (r->ctx, p->path, m->to),
                              "an interrupted conversion cannot be finished: cannot be replaced");
      }
  return sync_places (r);
}

/* Removes a file, which may be removed already, or replaced by somebody.  A replaced folder is left to
 * fci_leftovers_remove, as others may have put files into it. */
static int
remove_name (const recovery *r, const place *p, const char *name, const char *id)
{
  struct stat st;
  if (!exists (r->ctx, p, name, &st) || !has_id (r->ctx, p, name, id))
    return fmtconv_ctx_failed (r->ctx);
  if (S_ISDIR (st.st_mode))
    return fmtconv_note (r->ctx,
                         "%s: this is the folder that was replaced; the next conversion to it removes this",
                         fci_path_join (r->ctx, p->path, name));
  if (unlinkat (p->folder, name, 0) == 0 || errno == ENOENT)
    return 0;
  return fci_fail_io (r->ctx, fci_path_join (r->ctx, p->path, name), "this older file cannot be removed");
}

/* Removes the replaced and older files.  Returns 0 or a code. */
static int
remove_old (const recovery *r)
{
  int code = 0;
  for (const place *p = r->places; p < r->places + r->n; p++)
    {
      const fci_journal *j = &p->journal;
      for (size_t i = 0; i < j->n_moves && code == 0; i++)
        if (has_id (r->ctx, p, j->moves[i].to, j->moves[i].id))
          code = remove_name (r, p, j->moves[i].from, j->moves[i].replaced);
      for (size_t i = 0; i < j->n_old && code == 0; i++)
        code = remove_name (r, p, j->old[i].name, j->old[i].id);
    }
  return code;
}

static int
remove_journals (const recovery *r, const char *what)
{
  for (const place *p = r->places; p < r->places + r->n; p++)
    if (unlinkat (p->folder, FCI_JOURNAL, 0) != 0)
      return fci_fail_io (r->ctx, p->display, "cannot be removed");
  fmtconv_note (r->ctx, "%s: %s", r->places[0].path, what);
  return 0;
}

static int
fail_lost (const recovery *r)
{
  for (const place *p = r->places; p < r->places + r->n; p++)
    for (size_t i = 0; i < p->journal.n_moves; i++)
      fmtconv_detail (r->ctx, "%s", fci_path_join (r->ctx, p->path, p->journal.moves[i].to));
  return fci_fail_file (
      r->ctx, FMTCONV_E_OUTPUT, r->places[0].display,
      &(fmtconv_where){ .hint = "move these files away, remove this file, and convert again" },
      "a conversion was interrupted, and its files changed since: it can be neither finished nor undone:");
}

static int
resolve (recovery *r)
{
  int code = 0;
  examine (r);
  if (fmtconv_ctx_failed (r->ctx))
    return fmtconv_ctx_failed (r->ctx);
  if (r->n_changed > 0)
    return fail_lost (r);
  if (r->n_done == 0 && (r->n_pending == 0 || !r->has_all || r->n_lost > 0))
    return remove_journals (r, "undid an interrupted conversion, which had not replaced a file");
  if (r->n_lost > 0 || (!r->has_all && r->n_pending > 0))
    return fail_lost (r);
  if (r->has_all)
    code = finish_moves (r);
  if (code == 0)
    code = remove_old (r);
  return code == 0 ? remove_journals (r, "finished an interrupted conversion") : code;
}

/* Tries once. */
static found
try_recover (recovery *r, int folder, const char *path)
{
  place first = { .folder = folder, .path = path, .fd = -1 };
  first.display = fci_path_join (r->ctx, path, FCI_JOURNAL);
  found what = first.display ? open_journal (r->ctx, &first) : FAILED;
  r->n = 0;
  if (what == FOUND)
    {
      r->places = fmtconv_ctx_alloc (r->ctx, first.journal.n_peers + 1, sizeof *r->places);
      what = r->places ? FOUND : FAILED;
    }
  if (what == FOUND)
    {
      r->places[r->n++] = first;
      what = open_peers (r);
    }
  if (what == FOUND && resolve (r) != 0)
    what = FAILED;
  for (size_t i = 1; i < r->n; i++)
    close_place (&r->places[i], true);
  close_place (&first, false);
  return what;
}

static int
fail_busy (fmtconv_ctx *ctx, const char *path)
{
  return fci_fail_system (ctx, FMTCONV_E_OUTPUT, EWOULDBLOCK, path,
                          &(fmtconv_where){ .hint = "wait for it to finish" },
                          "another process is giving files in this folder their names");
}

int
fci_recover (fmtconv_ctx *ctx, int folder, const char *path)
{
  struct stat st;
  if (!fci_name_exists (ctx, folder, FCI_JOURNAL, fci_path_join (ctx, path, FCI_JOURNAL), &st))
    return fmtconv_ctx_failed (ctx);
  if (ctx->options.flags & FMTCONV_DRY_RUN)
    return fmtconv_note (ctx, "%s: a conversion was interrupted here; this one would first finish or undo it",
                         path);
  for (int i = 0; i < WAITS; i++)
    {
      recovery r = { .ctx = ctx };
      found what = try_recover (&r, folder, path);
      if (what != BUSY)
        return fmtconv_ctx_failed (ctx);
      if (fci_check_cancel (ctx))
        return fmtconv_ctx_failed (ctx);
      nanosleep (&(struct timespec){ .tv_nsec = WAIT_MS * 1000000L }, NULL);
    }
  return fail_busy (ctx, path);
}
