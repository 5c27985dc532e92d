/* core/zip/scratch.c: unnamed temporary files, and the folder that holds them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/zip/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct scratch
{
  const char *folder; /* NULL: none was named */
} scratch;

static const fci_state_key scratch_key = { "zip/scratch.c", sizeof (scratch) };

void
fci_scratch_use (fmtconv_ctx *ctx, const char *folder)
{
  scratch *s = fci_state (ctx, &scratch_key);
  if (s && !s->folder)
    s->folder = folder;
}

const char *
fci_scratch_folder (const fmtconv_ctx *ctx)
{
  const scratch *s = fci_state_find (ctx, &scratch_key);
  const char *folder = s && s->folder ? s->folder : getenv ("TMPDIR");
  return folder && *folder ? folder : "/tmp";
}

/* If the file system does not support unnamed files, creates a named file and removes its name at once. */
int
fci_scratch_open (fmtconv_ctx *ctx, const char *folder)
{
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
    return fd;
  char *path = fmtconv_ctx_printf (ctx, "%s/.fmtconv-XXXXXX", folder);
  fd = path ? mkostemp (path, O_CLOEXEC) : -1;
  if (fd >= 0)
    unlink (path);
  return fd;
}
