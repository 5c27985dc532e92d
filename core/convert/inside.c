/* core/convert/inside.c: refuses an output inside the input folder.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/convert.h"
#include "core/convert/inside.h"
#include "core/source/folder.h"
#include "core/source/input.h"
#include "core/source/source.h"
#include "core/source/within.h"

int
fci_check_output_outside (fci_conversion *c)
{
  const char *folder = c->folder;
  fmtconv_input *in;
  bool inside = false;
  for (size_t i = 0; !inside && (in = fci_input_typed (c->ctx, i)); i++)
    inside = fmtconv_input_is_folder (in) && fci_output_is_within (c->ctx, folder, fci_input_stat (in));
  if (!inside || c->ctx->failed)
    return c->ctx->failed;
  return fci_fail_file (c->ctx, FMTCONV_E_OUTPUT, c->job.output,
                        &(fmtconv_where){ .hint = "choose an OUTPUT outside the input folder" },
                        "the output is inside the input folder");
}
