/* core/layout/freeze.c: freezes layouts: the manifest, and checks of names, references and the account.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/size.h"
#include "core/layout/account.h"
#include "core/layout/archive.h"
#include "core/layout/freeze.h"
#include "core/layout/layout.h"
#include "core/layout/manifest.h"
#include "core/layout/references.h"
#include <string.h>

/* Checks that no folder of a file is a file.  Returns 0 or a code. */
static int
check_folders (fmtconv_ctx *ctx, const fci_map *names, const char *name)
{
  uintptr_t value;
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    if (fci_map_get (names, name, (size_t) (slash - name), &value))
      return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "output file '%s' is inside another output file", name);
  return 0;
}

int
fci_layout_freeze (fmtconv_layout *layout)
{
  if (!layout)
    return FMTCONV_E_INTERNAL;
  fmtconv_ctx *ctx = layout->ctx;
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  if (!layout->first)
    return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "the writer did not create a file");
  if (fci_layout_put_manifest (layout))
    return fmtconv_ctx_failed (ctx);
  fci_map *names = layout->names = fci_map_new (ctx);
  uint64_t total = 0;
  if (!names)
    return fmtconv_ctx_failed (ctx);
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    {
      if (!fci_map_add (names, file->name, strlen (file->name), 1, NULL))
        return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "two output files are named '%s'", file->name);
      if (!fci_size_add (total, file->size, &total) || total > INT64_MAX)
        return fmtconv_fail (ctx, FMTCONV_E_LIMIT,
                             "the total size of the output files exceeds the maximum file size");
    }
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if (check_folders (ctx, names, file->name))
      return fmtconv_ctx_failed (ctx);
  if (fci_archives_check (layout) || fci_layout_resolve (layout) || fci_layout_account (layout))
    return fmtconv_ctx_failed (ctx);
  layout->frozen = 1;
  return 0;
}
