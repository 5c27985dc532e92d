/* core/base/presence.c: looks whether a file is there; a call that fails is not an absence.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include <errno.h>
#include <fcntl.h>

bool
fci_is_absent (int os_errno)
{
  return os_errno == ENOENT || os_errno == ENOTDIR;
}

bool
fci_entry_exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st)
{
  if (fstatat (folder, name, st, 0) == 0)
    return true;
  if (!fci_is_absent (errno))
    fci_fail_io (ctx, path, "cannot be examined");
  return false;
}

bool
fci_path_exists (fmtconv_ctx *ctx, const char *path, struct stat *st)
{
  return fci_entry_exists (ctx, AT_FDCWD, path, path, st);
}

bool
fci_folder_exists (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  return fci_path_exists (ctx, path, &st) && S_ISDIR (st.st_mode);
}
