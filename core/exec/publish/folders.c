/* core/exec/publish/folders.c: the folders in which a publication changes files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/exec/publish/folders.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/working.h"
#include "core/source/journal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a search calls. */
typedef struct search
{
  fmtconv_ctx *ctx;
  void (*found) (void *arg, const char *path);
  void *arg;
} search;

/* Names the other folders of an interrupted publication, if this user made its journal. */
static void
add_peers (const search *s, int folder, int fd, const char *path)
{
  fci_journal journal;
  if (!fci_is_own (folder, FCI_JOURNAL, fd) || fci_journal_read (s->ctx, fd, path, &journal))
    return;
  for (size_t i = 0; i < journal.n_peers; i++)
    s->found (s->arg, journal.peers[i]);
}

/* Names a folder and those that its journal names.  One that cannot be opened is left to the conversion to report. */
static void
add_folder (const search *s, const char *path)
{
  s->found (s->arg, path);
  int folder = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = folder >= 0 ? openat (folder, FCI_JOURNAL, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  if (fd >= 0)
    {
      add_peers (s, folder, fd, fci_path_join (s->ctx, path, FCI_JOURNAL));
      close (fd);
    }
  if (folder >= 0)
    close (folder);
}

int
fci_publish_folders (fmtconv_ctx *ctx, const char *output, void (*found) (void *arg, const char *path),
                     void *arg)
{
  const search s = { ctx, found, arg };
  size_t n = strlen (output);
  while (n > 1 && output[n - 1] == '/')
    n--;
  const char *path = fci_strndup (ctx, output, n), *parent = path ? fci_output_folder (ctx, path) : NULL;
  if (!parent)
    return fmtconv_ctx_failed (ctx);
  add_folder (&s, parent);
  if (!fmtconv_ctx_failed (ctx) && fci_folder_exists (ctx, path))
    {
      add_folder (&s, path);
      if (ctx->options.flags & FMTCONV_FORCE)
        fci_working_list (ctx);
    }
  return fmtconv_ctx_failed (ctx);
}
