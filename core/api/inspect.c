/* core/api/inspect.c: fmtconv_inspect: reads the headers of a file or folder, and describes it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/inspect.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/convert/detect.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/exec/publish/leftover.h"
#include "core/source/input.h"

static int
inspect (fci_inspection *s)
{
  fmtconv_input *in = fci_input_user (s->ctx, s->path);
  if (!in)
    return s->ctx->failed;
  if (s->typed)
    fci_reader_parse (s->ctx, s->typed, &s->reader);
  else
    fci_link_make (s->ctx, FCI_READER, fci_detect_reader (s->ctx, in), "", &s->reader);
  if (!s->ctx->failed)
    s->stages[0] = fci_stage_read (s->ctx, &s->reader, in);
  return s->ctx->failed;
}

fmtconv_attr *
fmtconv_inspect (fmtconv_ctx *ctx, const char *path, const char *reader)
{
  fci_inspection s = { .ctx = ctx, .path = path, .typed = reader };
  if (fci_call_begin (ctx, path && *path, "a file or folder to inspect is required")
      || fci_leftovers_note (ctx, path) || inspect (&s) || fci_inspect_recognize (&s)
      || fci_inspect_commands (&s))
    return NULL;
  return fci_inspect_result (&s);
}
