/* tests/fuzz/index.c: files of the index of known plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/base/embedded.h"
#include "core/plugin/index-file.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_index (const uint8_t *data, size_t size)
{
  const fci_embedded bytes = { .name = "x.yaml", .bytes = data, .size = size };
  const fci_file file = { .name = "x", .path = "x.yaml", .embedded = &bytes };
  const fmtconv_peek peek = { .path = "a.pt",
                              .base = "a.pt",
                              .head = data,
                              .head_len = size < 4096 ? size : 4096,
                              .tail = data,
                              .tail_len = size < 4096 ? size : 4096,
                              .size = size };
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  size_t n = 0;
  const fci_index_entry *entries = fci_index_read (ctx, &file, &n);
  for (size_t i = 0; entries && i < n; i++)
    if (entries[i].plugin.reader)
      fci_index_bid (&entries[i], &peek);
  fmtconv_ctx_free (ctx);
}
