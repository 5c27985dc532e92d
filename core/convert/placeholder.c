/* core/convert/placeholder.c: refuses files that stand in for a checkpoint: empty files, LFS pointers, web pages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/placeholder.h"
#include <string.h>
#include <strings.h>

static const struct
{
  const char *start; /* start of the file, in any case */
  const char *what;
  const char *hint;
} kinds[] = {
  { "version https://git-lfs.", "a Git LFS pointer, not a checkpoint",
    "the file holds only a pointer: fetch the data with 'git lfs pull'" },
  { "<!doctype html", "a web page, not a checkpoint",
    "the download returned a web page, such as a login page: download the file itself" },
  { "<html", "a web page, not a checkpoint",
    "the download returned a web page, such as a login page: download the file itself" },
};

static int
refuse (fmtconv_ctx *ctx, const fmtconv_peek *peek, const char *what, const char *hint)
{
  return fci_fail_file (ctx, FMTCONV_E_FORMAT, peek->path, &(fmtconv_where){ .hint = hint }, "%s", what);
}

int
fci_refuse_placeholder (fmtconv_ctx *ctx, const fmtconv_peek *peek)
{
  if (ctx->failed || !peek || peek->is_folder)
    return ctx->failed;
  if (!peek->size)
    return refuse (ctx, peek, "the file is empty",
                   "saving or copying it did not finish: save or copy it again");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
      size_t n = strlen (kinds[i].start);
      if (peek->head_len >= n && strncasecmp ((const char *) peek->head, kinds[i].start, n) == 0)
        return refuse (ctx, peek, kinds[i].what, kinds[i].hint);
    }
  return 0;
}
