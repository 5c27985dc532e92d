/* plugins/common/shards.c: names of the files of a split model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/shards.h"
#include <fmtconv/formats.h>
#include <string.h>
#include <strings.h>

#define FIVE_DIGITS "[0-9][0-9][0-9][0-9][0-9]"

const char *
shards_stem (fmtconv_ctx *ctx, const char *target, const char *suffix)
{
  size_t n = strlen (target), tail = strlen (suffix);
  if (n > tail && !strcasecmp (target + n - tail, suffix))
    n -= tail;
  return fmtconv_ctx_printf (ctx, "%.*s", (int) n, target);
}

void
shards_mark_stale (fmtconv_ctx *ctx, fmtconv_layout *out, const char *stem, const char *suffix, size_t n)
{
  fmtconv_layout_stale (out, fmtconv_ctx_printf (ctx, "%s-" FIVE_DIGITS "-of-" FIVE_DIGITS "%s",
                                                 fmtconv_glob_quote (ctx, stem), suffix));
  if (n > 1)
    fmtconv_layout_stale (out, fmtconv_glob_quote (ctx, fmtconv_layout_target (out)));
}
