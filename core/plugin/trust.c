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

static bool
is_trusted (uid_t user)
{
  struct stat root;
  return user == 0 || user == geteuid () || (stat ("/", &root) == 0 && user == root.st_uid);
}

/* Returns the reason why a folder above the file must not be used, or NULL. */
static const char *
refuse_folder (fmtconv_ctx *ctx, const char *folder, bool is_first)
{
  struct stat st;
  char text[FCI_ERROR_TEXT];
  if (stat (folder, &st) != 0)
    return fmtconv_ctx_printf (ctx, "its folder %s cannot be examined: %s", folder,
                               fci_os_error_text (errno, text));
  if (!is_trusted (st.st_uid))
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

/* Checks the folders of a path as it is given, and, of a link, as it leads on (`real`, which is cut). */
static const char *
refuse_above (fmtconv_ctx *ctx, const char *path, char *real)
{
  const char *slash = strrchr (path, '/');
  const char *given = slash ? fci_strndup (ctx, path, (size_t) (slash - path) + 1) : ".";
  char *folder = given ? realpath (given, NULL) : NULL;
  *strrchr (real, '/') = '\0';
  const char *reason = folder ? refuse_folders (ctx, folder) : "its folder cannot be examined";
  free (folder);
  return reason ? reason : refuse_folders (ctx, real);
}

const char *
fci_trust_refusal (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  char text[FCI_ERROR_TEXT], *real = realpath (path, NULL);
  const char *reason = NULL;
  if (!real && !fci_is_absent (errno))
    fci_fail_io (ctx, path, "cannot be examined");
  else if (!real
           || !fci_path_exists (ctx, real,
                                &st)) /* a link that leads nowhere, or a file that was removed meanwhile */
    reason =
        ctx->failed ? NULL : fmtconv_ctx_printf (ctx, "cannot be read: %s", fci_os_error_text (ENOENT, text));
  else if (!S_ISREG (st.st_mode))
    reason = "it is not a regular file";
  else if (st.st_mode & S_IWOTH)
    reason = fmtconv_ctx_printf (ctx, "everyone may write to it (mode %04o)", (unsigned) st.st_mode & 07777);
  else if (!is_trusted (st.st_uid))
    reason = "it belongs to another user";
  else
    reason = refuse_above (ctx, path, real);
  free (real);
  return reason;
}
