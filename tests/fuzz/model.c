/* tests/fuzz/model.c: model files, and files of rules: all that compiling their rules reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/base/embedded.h"
#include "core/plugin/model-file.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_model (const uint8_t *data, size_t size)
{
  const fci_embedded bytes = { .name = "x.yaml", .bytes = data, .size = size };
  const fci_file file = { .name = "x", .path = "x.yaml", .embedded = &bytes };
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const char *why = NULL;
  if (!fci_model_file_open (ctx, &file, &why) && !why && !fmtconv_ctx_failed (ctx))
    fuzz_broken ("a model file is refused without a reason", NULL);
  fmtconv_ctx_free (ctx);
}
