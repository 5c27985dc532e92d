/* example.c: a reader of files that hold one vector: "XST1", the number of elements, the elements in f32.
 * SPDX-License-Identifier: Apache-2.0
 *
 * fmtconv-plugin(3) explains every call.  'make check' runs fmtconv test-plugin with sample.x.  A reader reads headers and
 * says where tensors lie; it never reads their data.
 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

static int
read_example (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  uint64_t n = 0;
  (void) params;
  fmtconv_cursor_take (&c, 4); /* the core has compared the magic */
  n = fmtconv_cursor_take_le (&c, 4);
  /* A size that does not fit into the file is refused here, with file and position. */
  fmtconv_model_put (out, "x", fmtconv_view_leaf (c.source, c.pos, FMTCONV_F32, 1, &n, NULL));
  /* The tensors are all that is in the file: this is what finds one that the reader forgets. */
  fmtconv_model_require_tiling (out, c.source, c.pos, c.end, 1);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (example, .name = "example", .summary = "reads one vector",
                .reader = FMTCONV_READER (.suffixes = ".x", .magic = "XST1", .magic_len = 4,
                                          .read = read_example));
