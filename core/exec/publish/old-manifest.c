/* core/exec/publish/old-manifest.c: whether an existing file is a manifest, and of which files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The name SHA256SUMS is common: a manifest that lists other files is not one of this output. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/exec/publish/old-manifest.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/stale.h"
#include "core/exec/worker/reread.h"
#include "core/layout/sum-line.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns whether the output has a file of that name, now or with another number of shards. */
static bool
is_of_output (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *name)
{
  const char *slash = strrchr (name, '/');
  const char *base = slash ? slash + 1 : name;
  const char *within = fci_strndup (ctx, name, (size_t) (base - name));
  return within && strcmp (name, layout->old_manifest ? layout->old_manifest : "") != 0
         && (fci_layout_has (layout, within, base) || fci_layout_is_stale (layout, within, base));
}

static fci_manifest_kind
kind_of_text (fmtconv_ctx *ctx, const fmtconv_layout *layout, fci_sum_text *text)
{
  fci_manifest_kind kind = text->size ? FCI_MANIFEST_OUTPUT : FCI_MANIFEST_NONE;
  size_t n_files = 0;
  for (fci_sum_line line; kind != FCI_MANIFEST_NONE && fci_sum_line_next (text, &line);)
    {
      n_files += line.kind == FCI_SUM_FILE;
      if (line.kind == FCI_SUM_OTHER)
        kind = FCI_MANIFEST_NONE;
      else if (line.kind == FCI_SUM_COMMENT
               || (kind == FCI_MANIFEST_OUTPUT && !is_of_output (ctx, layout, line.name)))
        kind = FCI_MANIFEST_OTHER;
    }
  return n_files ? kind : FCI_MANIFEST_NONE;
}

static int
read_open (fmtconv_ctx *ctx, const fmtconv_layout *layout, int fd, const char *path, fci_manifest_kind *kind)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    return fci_fail_io (ctx, path, "cannot be examined");
  if (!S_ISREG (st.st_mode) || st.st_size > FCI_SUM_MANIFEST)
    return 0;
  fci_sum_text text = { .bytes = malloc ((size_t) st.st_size + 1), .size = (size_t) st.st_size };
  if (!text.bytes)
    {
      fci_nomem (ctx);
      return FMTCONV_E_NOMEM;
    }
  const int error = fci_reread_bytes (fd, 0, text.bytes, text.size);
  if (!error)
    *kind = kind_of_text (ctx, layout, &text);
  free (text.bytes);
  return error ? fci_fail_reread (ctx, path, error) : fmtconv_ctx_failed (ctx);
}

int
fci_manifest_kind_of (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                      const char *name, fci_manifest_kind *kind)
{
  *kind = FCI_MANIFEST_NONE;
  const char *full = fci_path_join (ctx, path, name);
  if (!full)
    return fmtconv_ctx_failed (ctx);
  const int fd = openat (folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0)
    return fci_is_absent (errno) || errno == ELOOP ? 0 : fci_fail_io (ctx, full, "cannot be read");
  const int code = read_open (ctx, layout, fd, full, kind);
  close (fd);
  return code;
}

int
fci_manifest_kept (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                   const char *within, const char *name, bool *kept)
{
  fci_manifest_kind kind = FCI_MANIFEST_OUTPUT;
  int code = 0;
  if (!*within && layout->old_manifest && strcmp (name, layout->old_manifest) == 0)
    code = fci_manifest_kind_of (ctx, layout, folder, path, name, &kind);
  *kept = kind != FCI_MANIFEST_OUTPUT;
  return code;
}
