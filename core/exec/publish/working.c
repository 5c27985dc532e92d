/* core/exec/publish/working.c: whether processes work in a folder.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/state.h"
#include "core/exec/publish/working.h"

enum
{
  STEP = 256 /* folders */
};

typedef struct folders
{
  struct folders *next;
  size_t n;
  struct
  {
    dev_t device;
    ino_t inode;
  } folder[STEP];
} folders;

typedef struct working
{
  fmtconv_ctx *ctx;
  bool is_listed;
  folders *first;
} working;

static const fci_state_key working_key = { "publish/working.c", sizeof (working) };

static void
add (void *arg, const struct stat *st)
{
  working *w = arg;
  if (!w->first || w->first->n == STEP)
    {
      folders *more = fci_new (w->ctx, folders);
      if (!more)
        return;
      more->next = w->first;
      w->first = more;
    }
  folders *f = w->first;
  f->folder[f->n].device = st->st_dev;
  f->folder[f->n++].inode = st->st_ino;
}

int
fci_working_list (fmtconv_ctx *ctx)
{
  working *w = fci_state (ctx, &working_key);
  if (w && !w->is_listed)
    {
      w->ctx = ctx;
      w->is_listed = true;
      fci_os_working_folders (add, w);
    }
  return fmtconv_ctx_failed (ctx);
}

bool
fci_working_has (fmtconv_ctx *ctx, const struct stat *st)
{
  const working *w = fci_working_list (ctx) ? NULL : fci_state_find (ctx, &working_key);
  for (const folders *f = w ? w->first : NULL; f; f = f->next)
    for (size_t i = 0; i < f->n; i++)
      if (f->folder[i].device == st->st_dev && f->folder[i].inode == st->st_ino)
        return true;
  return false;
}
