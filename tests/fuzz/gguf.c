/* tests/fuzz/gguf.c: libFuzzer on the reader of GGUF files; accepted files are inspected and written
 * again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "plugins/gguf/gguf.h"
#include "core/api/sanitize.h"
#include "core/base/ctx.h"
#include "core/layout/names.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/source/source.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
read_all (fmtconv_ctx *ctx, const uint8_t *data, size_t size)
{
  static const struct gguf_write_params params = {
    .architecture = "test", .alignment = INT64_MIN, .name_limit = 4096, .fold = 1, .split_max_size = 64
  };
  struct gguf_file file;
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_attr *used = fmtconv_attr_object (ctx), *shown = fmtconv_attr_object (ctx);
  if (!used
      || gguf_read_source (ctx, fci_source_memory (ctx, data, size, "x.gguf"), GGUF_LIMITS_GGUF_PY, &file)
      || gguf_put_tensors (&file, &file, used, model)
      || gguf_set_attributes (ctx, file.keys, used, fmtconv_model_attrs (model))
      || fci_model_freeze (model, "gguf"))
    return;
  fci_add_sanitized (shown, "attributes", fmtconv_model_attrs (model));
  if (!fmtconv_attr_json_text (shown, 0))
    __builtin_trap ();
  gguf_write (ctx, &params, model, fci_layout_new (ctx, "x.gguf"));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  if (ctx)
    read_all (ctx, data, size);
  fmtconv_ctx_free (ctx);
  return 0;
}
