/* tests/fuzz/yaml.c: YAML documents: those of fmtconv, which are strict, and those of other programs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/source/source.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_yaml (const uint8_t *data, size_t size)
{
  fmtconv_ctx *ctx = fci_ctx_new (NULL);
  fci_yaml_strict (fci_source_memory (ctx, data, size, "x.yaml"), "x.yaml");
  fmtconv_ctx_free (ctx);
  ctx = fci_ctx_new (NULL);
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, data, size, "x.yaml"));
  const char *why = NULL;
  fmtconv_attr *value = fmtconv_cursor_take_yaml (&cursor, size, &why);
  if (!value && !why && !fmtconv_ctx_failed (ctx))
    fuzz_broken ("a document is refused without a reason", NULL);
  if (value)
    fmtconv_attr_json_text (value, 1);
  fmtconv_ctx_free (ctx);
}
