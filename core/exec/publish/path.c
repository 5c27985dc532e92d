/* core/exec/publish/path.c: paths and folders of outputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/exec/publish/path.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

const char *
fci_path_join (fmtconv_ctx *ctx, const char *folder, const char *name)
{
  if (strcmp (folder, ".") == 0)
    return name;
  if (strcmp (folder, "/") == 0)
    return fmtconv_ctx_printf (ctx, "/%s", name);
  return fmtconv_ctx_printf (ctx, "%s/%s", folder, name);
}

const char *
fci_output_folder (fmtconv_ctx *ctx, const char *output)
{
  const char *slash = strrchr (output, '/');
  if (!slash)
    return ".";
  return slash == output ? "/" : fci_strndup (ctx, output, (size_t) (slash - output));
}

int
fci_open_folder (fmtconv_ctx *ctx, const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0)
    return fd;
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR)
    fci_fail_system (ctx, FMTCONV_E_OUTPUT, error, folder,
                     &(fmtconv_where){ .hint = "create it, or give another OUTPUT" },
                     "the output folder does not exist");
  else
    fci_fail_io (ctx, folder, "cannot open the output folder");
  return -1;
}
