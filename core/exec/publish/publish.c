/* core/exec/publish/publish.c: renames temporaries to their final names: all of all outputs, or none.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything that can fail comes before the first name changes; after the last one only notes follow. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/exchange.h"
#include "core/exec/publish/journal.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/move.h"
#include "core/exec/publish/output-dirs.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/publish.h"
#include "core/exec/publish/stale.h"
#include "core/exec/publish/target.h"
#include "core/exec/worker/io.h"
#include "core/source/descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Before: modes, flushed bytes, the list of changes */

/* Returns the result of closing a duplicate: the lock must be held until the file has its name. */
static int
try_close (const fci_publication *p, int fd)
{
  int copy;
  do
    copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  while (copy < 0 && fci_sources_relieve (fci_sources_of (p->ctx)));
  return copy < 0 ? -1 : p->io->close (copy);
}

/* Sets the mode of a file and syncs its bytes to disk.  Returns 0 or a code. */
static int
finish_file (fci_publication *p, fci_target *target)
{
  int fd = target->fd;
  if (fci_set_mode (fd, target->mode) != 0)
    return fci_fail_io (p->ctx, target->display, "cannot set its permissions");
  if (p->io->fsync (fd) != 0 || try_close (p, fd) != 0)
    return fci_fail_io (p->ctx, target->display, "cannot flush it to disk");
  return 0;
}

/* Sets the modes of all files, syncs their bytes to disk and lists the older files.  Returns 0 or a code. */
static int
finish_files (fci_publication *p)
{
  int code = 0;
  for (size_t i = 0; i < p->layout->n_files && code == 0; i++)
    code = finish_file (p, &p->targets[i]);
  if (code == 0 && p->replaced >= 0)
    code = fci_exchange_carry (p);
  if (code == 0)
    code = p->temporary_folder ? fci_out_dirs_finish (p) : fci_out_dirs_sync_made (p);
  return code == 0 ? fci_stale_list (p) : code;
}

/* Returns the path of a folder of the output. */
static const char *
path_of (const fci_publication *p, const fci_out_dir *dir)
{
  return *dir->name ? fci_path_join (p->ctx, p->top_path, dir->name) : p->top_path;
}

static void
add_folder_move (fci_publication *p, fci_changes *c)
{
  c->moves[c->n_moves++] = (fci_move){ .folder = p->folder,
                                       .path = p->folder_path,
                                       .from = p->temporary_folder,
                                       .to = p->layout->target,
                                       .display = p->top_display,
                                       .replaces = p->replaced >= 0,
                                       .is_folder = true,
                                       .state = &p->state };
}

static void
add_file_moves (fci_publication *p, fci_changes *c)
{
  const bool force = p->layout->is_edit || p->ctx->options.flags & FMTCONV_FORCE;
  for (size_t i = 0; i < p->layout->n_files; i++)
    {
      fci_target *target = &p->targets[i];
      c->moves[c->n_moves++] = (fci_move){ .folder = target->dir->fd,
                                           .path = path_of (p, target->dir),
                                           .from = target->temporary,
                                           .to = target->file->base,
                                           .display = target->display,
                                           .replaces = force && target->exists,
                                           .state = &target->state };
    }
}

static size_t
count_old (const fci_publication *p)
{
  size_t n = 0;
  for (const fci_old_file *old = p->old; old; old = old->next)
    n++;
  return n;
}

/* Lists all changes of all outputs.  Returns 0 or a code. */
static int
list_changes (fci_publication *p, size_t n, fci_changes *c)
{
  size_t n_moves = 0, n_old = 0;
  for (size_t i = 0; i < n; i++)
    {
      n_moves += p[i].temporary_folder ? 1 : p[i].layout->n_files;
      n_old += count_old (&p[i]);
    }
  c->moves = fmtconv_ctx_alloc (c->ctx, n_moves, sizeof *c->moves);
  c->old = fmtconv_ctx_alloc (c->ctx, n_old, sizeof *c->old);
  for (size_t i = 0; i < n && c->moves && c->old; i++)
    {
      if (p[i].temporary_folder)
        add_folder_move (&p[i], c);
      else
        add_file_moves (&p[i], c);
      for (const fci_old_file *old = p[i].replaced < 0 ? p[i].old : NULL; old; old = old->next)
        c->old[c->n_old++] = old;
    }
  return fmtconv_ctx_failed (c->ctx);
}

/* ---- The changes */

/* The call that failed, recorded after the changes before it were undone. */
typedef struct failure
{
  int error;
  const char *display;
  const char *what;
} failure;

static bool
move_all (const fci_changes *c, failure *f)
{
  for (size_t i = 0; i < c->n_moves; i++)
    if (fci_move_do (c->io, &c->moves[i]) != 0)
      {
        *f = (failure){ errno, c->moves[i].display,
                        c->moves[i].replaces ? "cannot be replaced"
                                             : "cannot rename the temporary file to this name" };
        return false;
      }
  return true;
}

/* Syncs each folder with changed names once.  EINVAL: some file systems cannot sync folders. */
static bool
sync_all (const fci_changes *c, failure *f)
{
  int last = -1;
  for (size_t i = 0; i < c->n_moves; i++)
    {
      if (c->moves[i].folder != last && c->io->fsync (c->moves[i].folder) != 0 && errno != EINVAL)
        {
          *f = (failure){ errno, c->moves[i].path, "cannot flush the output's name to disk" };
          return false;
        }
      last = c->moves[i].folder;
    }
  return true;
}

/* Restores the temporary names, last one first.  Returns how many could not be restored, and lists them. */
static size_t
undo (const fci_changes *c)
{
  size_t n_left = 0;
  for (size_t i = c->n_moves; i-- > 0;)
    if (!fci_move_undo (c->io, &c->moves[i]))
      {
        const bool swapped = *c->moves[i].state == FCI_MOVE_SWAPPED;
        fmtconv_detail (c->ctx, swapped ? "%s (the old one: %s)" : "%s", c->moves[i].display,
                        c->moves[i].from);
        n_left++;
      }
  return n_left;
}

/* Reports the failure; n_left changes could not be undone.  Without a journal that is the only one: all of the output has
 * its name. */
static int
report (fmtconv_ctx *ctx, const failure *f, size_t n_left, bool has_journal)
{
  char buffer[FCI_ERROR_TEXT];
  const char *text = fci_os_error_text (f->error, buffer);
  const char *hint = has_journal
                         ? "remove the cause and convert again, which first finishes this conversion"
                         : "the new output is complete, but may be lost if the machine stops now; remove the "
                           "cause and convert again with -f";
  if (n_left > 0)
    return fci_fail_system (ctx, FMTCONV_E_IO, f->error, f->display, &(fmtconv_where){ .hint = hint },
                            "%s: %s; %zu new file%s could not be withdrawn:", f->what, text, n_left,
                            n_left == 1 ? "" : "s");
  if (f->error == EEXIST)
    return fci_fail_system (ctx, FMTCONV_E_OUTPUT, EEXIST, f->display,
                            &(fmtconv_where){ .hint = "-f overwrites it" },
                            "another process created this output in the meantime");
  return fci_fail_system (ctx, FMTCONV_E_IO, f->error, f->display, NULL, "%s: %s", f->what, text);
}

/* ---- After the changes: what fails here is a note */

/* Removes a replaced folder; files that came into it after the others were carried over stay. */
static void
remove_replaced_folder (const fci_publication *p)
{
  struct stat st;
  if (p->state != FCI_MOVE_SWAPPED)
    return;
  fci_leftover_empty (p->layout, p->folder, p->temporary_folder, p->dirs[0].fd);
  if (fstatat (p->folder, p->temporary_folder, &st, AT_SYMLINK_NOFOLLOW) == 0)
    fmtconv_note (p->ctx,
                  "%s: the replaced folder was left as %s, because it holds files that are not in the new "
                  "one, or cannot be emptied",
                  p->output, p->top_path);
}

/* Removes the replaced files. */
static void
remove_replaced (const fci_changes *c)
{
  for (const fci_move *m = c->moves; m < c->moves + c->n_moves; m++)
    if (*m->state == FCI_MOVE_SWAPPED && !m->is_folder && unlinkat (m->folder, m->from, 0) != 0)
      fmtconv_note (c->ctx, "%s: the replaced file was left as %s", m->display, m->from);
}

static void
finish (fci_publication *p, size_t n, const fci_changes *c, fci_journals *journals)
{
  for (size_t i = 0; i < n; i++)
    p[i].published = true;
  remove_replaced (c);
  for (size_t i = 0; i < n; i++)
    {
      remove_replaced_folder (&p[i]);
      fci_stale_remove (&p[i]);
    }
  if (!fci_journals_close (journals, true))
    fmtconv_note (c->ctx,
                  "%s: complete, but its journal could not be removed; the next conversion to it does that",
                  p->output);
}

/* Performs the changes, or undoes them.  Returns 0 or a code. */
static int
change (fci_publication *p, size_t n, const fci_changes *c)
{
  fci_journals journals;
  failure f = { 0 };
  int code = fci_journals_open (c, &journals);
  if (code != 0)
    {
      fci_journals_close (&journals, true);
      return code;
    }
  if (move_all (c, &f) && sync_all (c, &f))
    {
      finish (p, n, c, &journals);
      return 0;
    }
  const size_t n_left = undo (c);
  for (size_t i = 0; i < n; i++)
    p[i].is_kept = n_left > 0;
  fci_journals_close (&journals, n_left == 0);
  return report (c->ctx, &f, n_left, journals.n > 0);
}

int
fci_publish (fci_publication *p, size_t n)
{
  int code = 0;
  for (size_t i = 0; i < n && code == 0; i++)
    code = finish_files (&p[i]);
  if (n == 0 || code != 0)
    return code;
  fci_changes changes = { .ctx = p->ctx, .io = p->io, .digest = p->digest };
  code = list_changes (p, n, &changes);
  return code == 0 ? change (p, n, &changes) : code;
}
