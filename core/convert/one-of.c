/* core/convert/one-of.c: notes that a file is one of several of a split model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/one-of.h"
#include "core/source/input.h"
#include <fmtconv/formats.h>

void
fci_note_one_of (fmtconv_ctx *ctx, fmtconv_input *in)
{
  fmtconv_shard shard;
  if (ctx->failed || !fci_input_is_named (in) || fmtconv_input_is_folder (in) || fci_input_has_parent (in)
      || !fmtconv_shard_parse (fmtconv_input_basename (in), &shard) || shard.count == 1)
    return;
  fmtconv_note (ctx,
                "by its name, this is file %llu of %llu of a model; only its tensors are read, and the "
                "folder as input reads all files",
                (unsigned long long) shard.number, (unsigned long long) shard.count);
}
