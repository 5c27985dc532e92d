/* core/api/side.c: opens a path as typed: its reader, then transforms, without recognition and without a writer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/side.h"
#include "core/base/ctx.h"
#include "core/convert/chain.h"
#include "core/convert/detect.h"
#include "core/convert/links.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/source/input.h"

int
fci_side_read (fmtconv_ctx *ctx, fci_side *side)
{
  fci_links links = { 0 };
  if ((side->reader && fci_reader_parse (ctx, side->reader, &side->link))
      || fci_links_parse (ctx, side->transforms, side->n_transforms, &links))
    return ctx->failed;
  fmtconv_input *in = fci_input_user (ctx, side->path);
  if (in && !side->reader)
    fci_link_make (ctx, FCI_READER, fci_detect_reader (ctx, in), "", &side->link);
  side->model = in && side->link.plugin ? fci_stage_read (ctx, &side->link, in) : NULL;
  return side->model ? fci_links_run (ctx, &links, &side->model) : ctx->failed;
}
