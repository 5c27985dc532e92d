/* tests/abi/loop.c: a reader that calls itself for the model, and a writer that calls itself for the file.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

static int
read_loop (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  fmtconv_model_adopt (out, fmtconv_input_read (in, "loop"));
  return fmtconv_ctx_failed (ctx);
}

static int
write_loop (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  (void) params;
  fmtconv_layout_write (out, fmtconv_layout_target (out), model, "loop");
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (loop, .name = "loop", .summary = "reads and writes itself",
                .reader = FMTCONV_READER (.suffixes = ".loop", .read = read_loop),
                .writer = FMTCONV_WRITER (.suffixes = ".loop", .write = write_loop));
