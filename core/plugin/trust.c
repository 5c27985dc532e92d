/* core/plugin/trust.c: whether other users could change a file that is executed or followed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/plugin/trust.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns whether a file of that user is trusted: root's, the user's own, or that of the owner of "/". */
static bool
is_trusted (fmtconv_ctx *ctx, uid_t user)
{
  struct stat root;
  return user == 0 || user == geteuid () || (fci_path_exists (ctx, "/", &root) && user == root.st_uid);
}

/* Returns the reason why a folder above the file must not be used, or NULL. */
static const char *
refuse_folder (fmtconv_ctx *ctx, const char *folder, bool is_first)
{
  struct stat st;
  if (!fci_path_exists (ctx, folder, &st))
    return "its folder was removed meanwhile";
  if (!is_trusted (ctx, st.st_uid))
    return fmtconv_ctx_printf (ctx, "its folder %s belongs to another user", folder);
  if (st.st_mode & S_IWOTH && (is_first || !(st.st_mode & S_ISVTX)))
    return fmtconv_ctx_printf (ctx, "everyone may write to its folder %s (mode %04o)", folder,
                               (unsigned) st.st_mode & 07777);
  return NULL;
}

/* Checks a folder and all above; `folder` is cut on the way. */
static const char *
refuse_folders (fmtconv_ctx *ctx, char *folder)
{
  const char *reason = refuse_folder (ctx, *folder ? folder : "/", true);
  for (char *slash; !reason && (slash = strrchr (folder, '/')) && folder[1];)
    {
      *slash = '\0';
      reason = refuse_folder (ctx, *folder ? folder : "/", false);
    }
  return reason;
}

/* Returns the path without links, to be freed.  NULL: nothing is there, or an error was recorded. */
static char *
real_path (fmtconv_ctx *ctx, const char *path)
{
  char *real = realpath (path, NULL);
  if (!real && !fci_is_absent (errno))
    fci_fail_io (ctx, path, "cannot be followed");
  return real;
}

/* Checks the folders of a path as it is given, and, of a link, as it leads on (`real`, which is cut). */
static const char *
refuse_above (fmtconv_ctx *ctx, const char *path, char *real)
{
  const char *slash = strrchr (path, '/');
  const char *given = slash ? fci_strndup (ctx, path, (size_t) (slash - path) + 1) : ".";
  char *folder = given ? real_path (ctx, given) : NULL;
  const char *reason = folder ? refuse_folders (ctx, folder) : "its folder was removed meanwhile";
  free (folder);
  *strrchr (real, '/') = '\0';
  return reason ? reason : refuse_folders (ctx, real);
}

/* Returns the reason why the file itself must not be used, or NULL. */
static const char *
refuse_file (fmtconv_ctx *ctx, const char *real)
{
  struct stat st;
  char text[FCI_ERROR_TEXT];
  if (!real
      || !fci_path_exists (ctx, real, &st)) /* a link that leads nowhere, or the file was removed meanwhile */
    return fmtconv_ctx_printf (ctx, "cannot be read: %s", fci_os_error_text (ENOENT, text));
  if (!S_ISREG (st.st_mode))
    return "it is not a regular file";
  if (st.st_mode & S_IWOTH)
    return fmtconv_ctx_printf (ctx, "everyone may write to it (mode %04o)", (unsigned) st.st_mode & 07777);
  return is_trusted (ctx, st.st_uid) ? NULL : "it belongs to another user";
}

const char *
fci_trust_refusal (fmtconv_ctx *ctx, const char *path)
{
  char *real = real_path (ctx, path);
  const char *reason = ctx->failed ? NULL : refuse_file (ctx, real);
  if (!reason && !ctx->failed)
    reason = refuse_above (ctx, path, real);
  free (real);
  return ctx->failed ? NULL : reason;
}
