/* core/base/presence.c: looks whether a file is there; a call that fails is not an absence.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include <errno.h>
#include <fcntl.h>

bool
fci_is_absent (int os_errno)
{
  return os_errno == ENOENT || os_errno == ENOTDIR;
}

static bool
exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st, int flags)
{
  if (fstatat (folder, name, st, flags) == 0)
    return true;
  const int error = errno;
  char text[FCI_ERROR_TEXT];
  if (!fci_is_absent (error))
    fci_fail_system (ctx, FMTCONV_E_IO, error, path,
                     &(fmtconv_where){ .hint = error == ELOOP ? "links lead back to themselves: mend them"
                                                              : "check the disk and the permissions" },
                     "cannot be examined: %s", fci_os_error_text (error, text));
  return false;
}

bool
fci_entry_exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st)
{
  return exists (ctx, folder, name, path, st, 0);
}

bool
fci_name_exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st)
{
  return exists (ctx, folder, name, path, st, AT_SYMLINK_NOFOLLOW);
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
