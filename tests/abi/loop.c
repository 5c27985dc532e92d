/* tests/abi/loop.c: a reader that asks itself for the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

static int
read_loop (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  fmtconv_adopt (out, fmtconv_read (in, "loop"));
  return fmtconv_failed (ctx);
}

FMTCONV_PLUGIN (loop, .name = "loop", .summary = "reads itself",
                .reader = FMTCONV_READER (.suffixes = ".loop", .read = read_loop));
