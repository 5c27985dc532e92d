/* core/exec/publish/gather.c: finds the work maps of all shares, and says which are missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include "core/exec/publish/gather.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/write/note.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  NAMED = 20 /* shares that a message names */
};

/* The maps of shares in a folder. */
typedef struct found_maps
{
  unsigned shares;  /* how many they say there are; 0: no map was found */
  unsigned another; /* another such number; 0: all are alike */
} found_maps;

/* Notes a map of a share. */
static void
look_at (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *entry, found_maps *f)
{
  unsigned share, shares;
  const char *target = fci_temporary_target (ctx, entry);
  if (!target || !fci_work_map_is_for (target, layout->target, &share, &shares) || !shares)
    return;
  if (f->shares && f->shares != shares)
    f->another = shares;
  f->shares = shares;
}

/* Looks for the maps of shares in the folder that holds the output.  Returns 0 or a code. */
static int
look (fmtconv_ctx *ctx, const char *output, const fmtconv_layout *layout, found_maps *f)
{
  const char *path = fci_output_folder (ctx, output);
  int fd = path ? fci_open_folder (ctx, path) : -1;
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  *f = (found_maps){ 0 };
  if (!dir && fd >= 0)
    close (fd);
  if (!dir)
    return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : fci_fail_io (ctx, path, "cannot be listed");
  errno = 0;
  for (const struct dirent *entry; !fmtconv_ctx_failed (ctx) && (errno = 0, entry = readdir (dir));)
    look_at (ctx, layout, entry->d_name, f);
  if (errno && !fmtconv_ctx_failed (ctx))
    fci_fail_io (ctx, path, "cannot be listed");
  closedir (dir);
  return fmtconv_ctx_failed (ctx);
}

static int
fail_mixed (fmtconv_ctx *ctx, const char *output, unsigned a, unsigned b)
{
  return fci_fail_file (
      ctx, FMTCONV_E_OUTPUT, output,
      &(fmtconv_where){ .hint = "give all shares the same number; a conversion without --share removes "
                                "what is there" },
      "it is made in %u shares and in %u shares", a < b ? a : b, a < b ? b : a);
}

int
fci_gather_check (fmtconv_ctx *ctx, const char *output, const fmtconv_layout *layout, unsigned shares)
{
  found_maps f;
  int code = look (ctx, output, layout, &f);
  const unsigned other = f.another ? f.another : f.shares;
  if (code == 0 && f.shares && (f.shares != shares || f.another))
    code = fail_mixed (ctx, output, shares, other != shares ? other : f.shares);
  return code;
}

/* ---- What is wrong with shares */

typedef enum share_state
{
  FINE,
  MISSING,
  RUNNING,
  OTHER,
  NO_LOCKS
} share_state;

/* Returns "3, 7" or "1, 2 … and 9 more" of the shares in that state; NULL: none, or an error. */
static const char *
list_of (fmtconv_ctx *ctx, const share_state *states, unsigned n, share_state wanted)
{
  const char *text = NULL;
  unsigned listed = 0, more = 0;
  for (unsigned i = 0; i < n; i++)
    if (states[i] == wanted && listed < NAMED)
      {
        text = listed++ ? fmtconv_ctx_printf (ctx, "%s, %u", text ? text : "", i + 1)
                        : fmtconv_ctx_printf (ctx, "%u", i + 1);
      }
    else
      more += states[i] == wanted;
  return more ? fmtconv_ctx_printf (ctx, "%s and %u more", text ? text : "", more) : text;
}

static bool
is_one (const share_state *states, unsigned n, share_state wanted)
{
  unsigned count = 0;
  for (unsigned i = 0; i < n; i++)
    count += states[i] == wanted;
  return count == 1;
}

/* Reports the shares in a state, if there are any.  Returns 0 or a code. */
static int
report (fmtconv_ctx *ctx, const char *output, const share_state *states, unsigned n, share_state wanted,
        const char *one, const char *several, const char *hint)
{
  const char *list = list_of (ctx, states, n, wanted);
  if (!list)
    return fmtconv_ctx_failed (ctx);
  const bool single = is_one (states, n, wanted);
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, output, &(fmtconv_where){ .hint = hint },
                        "share%s %s of %u %s", single ? "" : "s", list, n, single ? one : several);
}

/* Reports what is wrong with any share.  Returns 0 or a code. */
static int
report_all (fmtconv_ctx *ctx, const char *output, const share_state *states, unsigned n)
{
  int code =
      report (ctx, output, states, n, OTHER, "is of other inputs or options, or was made by another fmtconv",
              "are of other inputs or options, or were made by another fmtconv", "run it again with --share");
  if (code == 0)
    code = report (ctx, output, states, n, RUNNING, "is still running", "are still running",
                   "wait for it to finish");
  if (code == 0)
    code = report (ctx, output, states, n, MISSING, "is not there", "are not there",
                   "run each with --share, then publish again");
  if (code == 0)
    code = report (ctx, output, states, n, NO_LOCKS, "cannot be locked", "cannot be locked",
                   "publish on a machine where the file system has locks");
  return code;
}

/* Opens the map of a share.  Returns false if an error was recorded. */
static bool
open_share (fci_gathering *g, unsigned i, const fci_work_place *place, share_state *state)
{
  fci_work_file *f = &g->share[i];
  switch (fci_work_file_find (f, place, i + 1, g->n))
    {
    case FCI_MAP_READ:
      *state = fci_map_has (&f->map, FCI_MAP_DONE, NULL, 0) ? FINE : MISSING;
      break;
    case FCI_MAP_OTHER:
      *state = OTHER;
      break;
    case FCI_MAP_EMPTY:
      *state = MISSING;
      break;
    case FCI_MAP_FAILED:
      *state = errno == ENOENT ? MISSING : errno == EWOULDBLOCK ? RUNNING : NO_LOCKS;
      if (errno == ENOENT || errno == EWOULDBLOCK || errno == EEXIST)
        break;
      fci_fail_io (place->plan->ctx, f->path ? f->path : place->output, "cannot be read");
      break;
    }
  return !fmtconv_ctx_failed (place->plan->ctx);
}

int
fci_gather_open (fci_gathering *g, const fci_plan *plan, const char *chain, const char *output,
                 const fmtconv_layout *layout, uint64_t digest)
{
  fmtconv_ctx *ctx = plan->ctx;
  const fci_work_place place = { plan, chain, output, layout, digest };
  found_maps f;
  int code = look (ctx, output, layout, &f);
  if (code == 0 && !f.shares)
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, output,
                          &(fmtconv_where){ .hint = "run the shares first: --share 1/N … --share N/N" },
                          "no share of this conversion has been written");
  if (code == 0 && f.another)
    code = fail_mixed (ctx, output, f.shares, f.another);
  fci_work_file *all = code == 0 ? fmtconv_ctx_alloc (ctx, f.shares, sizeof *all) : NULL;
  share_state *states = all ? fmtconv_ctx_alloc (ctx, f.shares, sizeof *states) : NULL;
  if (!states)
    return fmtconv_ctx_failed (ctx);
  for (unsigned i = 0; i < f.shares; i++)
    all[i] = (fci_work_file){ .ctx = ctx, .folder = -1, .set = -1, .map = { .fd = -1 } };
  *g = (fci_gathering){ .share = all, .n = f.shares };
  for (unsigned i = 0; i < g->n; i++)
    if (!open_share (g, i, &place, &states[i]))
      return fmtconv_ctx_failed (ctx);
  return report_all (ctx, output, states, g->n);
}

int
fci_gather_take (const fci_gathering *g, fci_pool *pool, const fci_publication *p)
{
  fci_list written = { 0 };
  int code = 0;
  for (unsigned i = 0; i < g->n && code == 0; i++)
    if (!fci_work_file_wrote (&g->share[i], p))
      code = fci_fail_file (pool->ctx, FMTCONV_E_OUTPUT, p->output,
                            &(fmtconv_where){ .hint = "run it again with --share" },
                            "share %u of %u wrote other files than those that are there", i + 1, g->n);
    else
      code = fci_note_gather (pool, &g->share[i].map, &written);
  if (code == 0)
    code = fci_note_covers (pool, &written);
  free (written.items);
  return code;
}

void
fci_gather_close (fci_gathering *g, bool keep)
{
  const fci_work_file *first = g->share;
  if (g->n && !keep && first->folder >= 0 && unlinkat (first->folder, first->set_name, 0) != 0
      && errno != ENOENT)
    fmtconv_note (first->ctx, "%s was left; the next conversion to this output removes it", first->set_name);
  for (unsigned i = 0; i < g->n; i++)
    fci_work_file_close (&g->share[i], keep);
  *g = (fci_gathering){ 0 };
}
