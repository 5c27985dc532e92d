/* core/base/subject.c: the stack of subjects that messages refer to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/subject.h"

static const fci_subject nothing;

const fci_subject *
fci_subject_now (const fmtconv_ctx *ctx)
{
  return ctx->subject ? ctx->subject : &nothing;
}

void
fci_subject_push (fmtconv_ctx *ctx, fci_subject *frame)
{
  frame->outer = ctx->subject;
  ctx->subject = frame;
}

void
fci_subject_push_file (fmtconv_ctx *ctx, fci_subject *frame, const char *file)
{
  *frame = *fci_subject_now (ctx);
  frame->file = file;
  frame->reads = NULL;
  frame->source = NULL;
  fci_subject_push (ctx, frame);
}

void
fci_subject_push_reads (fmtconv_ctx *ctx, fci_subject *frame, const char *reads, const fmtconv_source *source)
{
  *frame = *fci_subject_now (ctx);
  frame->reads = reads;
  frame->source = source;
  fci_subject_push (ctx, frame);
}

void
fci_subject_pop (fmtconv_ctx *ctx, const fci_subject *frame)
{
  ctx->subject = frame->outer;
}
