/* core/zip/scratch.c: the folder of temporary files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/zip/scratch.h"
#include <stdlib.h>

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
