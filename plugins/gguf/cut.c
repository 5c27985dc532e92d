/* plugins/gguf/cut.c: splits a model into files as llama.cpp's gguf-split does.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"

/* In model order, a new file begins when the next padded tensor would exceed `most` bytes; a larger tensor
 * gets a separate file. */
int
gguf_cut (fmtconv_ctx *ctx, const fmtconv_model *model, uint64_t most, uint64_t alignment,
          struct gguf_files *out)
{
  size_t n = fmtconv_model_count (model), i = 0;
  uint64_t used = 0;
  *out = (struct gguf_files){ .n = 1,
                              .start = fmtconv_ctx_alloc (ctx, n + 2, sizeof *out->start),
                              .tensors = fmtconv_ctx_alloc (ctx, n + 1, sizeof *out->tensors) };
  if (!out->start || !out->tensors)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, model)
    {
      uint64_t bytes = (t->bytes + alignment - 1) & ~(alignment - 1);
      if (i > out->start[out->n - 1] && (bytes > most || used > most - bytes))
        {
          out->start[out->n++] = i;
          used = 0;
        }
      used += bytes;
      out->tensors[i++] = t;
    }
  out->start[out->n] = i;
  if (out->n > GGUF_MAX_FILES)
    return fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .hint = "give a larger split-max-size=" },
                            "%zu files, more than the %d that can be numbered", out->n, GGUF_MAX_FILES);
  return 0;
}
