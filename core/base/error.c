/* core/base/error.c: the first error of a context, which later calls of the application repeat.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/sink.h"
#include <string.h>

/* The error of a context without memory for another. */
static const fmtconv_message no_memory = { .struct_size = sizeof no_memory,
                                           .level = FMTCONV_MSG_ERROR,
                                           .code = FMTCONV_E_NOMEM,
                                           .text = "out of memory",
                                           .what = "out of memory",
                                           .offset = UINT64_MAX };

/* Copies one text.  The arena is used directly, because nothing else can be allocated after an error. */
static bool
copy_text (fmtconv_ctx *ctx, const char **text)
{
  size_t n = *text ? strlen (*text) + 1 : 0;
  char *copy = n ? fci_arena_alloc (&ctx->arena, n) : NULL;
  if (copy)
    memcpy (copy, *text, n);
  *text = copy;
  return !n || copy;
}

bool
fci_message_copy (fmtconv_ctx *ctx, const fmtconv_message *m, fmtconv_message *to)
{
  const char **details = fci_arena_alloc (&ctx->arena, (m->n_details + 1) * sizeof *details);
  if (!details)
    return false;
  if (m->n_details) /* the lines live as long as the context, but not their array */
    memcpy (details, m->details, m->n_details * sizeof *details);
  *to = *m;
  to->details = details;
  return copy_text (ctx, &to->text) && copy_text (ctx, &to->what) && copy_text (ctx, &to->file)
         && copy_text (ctx, &to->plugin) && copy_text (ctx, &to->tensor) && copy_text (ctx, &to->hint);
}

void
fci_error_keep (fmtconv_ctx *ctx, const fmtconv_message *error)
{
  fmtconv_message *kept = fci_arena_alloc (&ctx->arena, sizeof *kept);
  ctx->error = kept && fci_message_copy (ctx, error, kept) ? kept : &no_memory;
}

const fmtconv_message *
fmtconv_ctx_error (const fmtconv_ctx *ctx)
{
  if (!ctx || !ctx->failed)
    return NULL;
  return ctx->error ? ctx->error : &no_memory;
}

/* Reports the kept error again, as the reason why nothing is done. */
static void
repeat (const fmtconv_ctx *ctx)
{
  char what[4 * 1024] = "", line[6 * 1024] = "";
  fci_sink s_what = FCI_SINK (what), s_line = FCI_SINK (line);
  fmtconv_message m = *fmtconv_ctx_error (ctx);
  static const char before[] = "nothing is done after an earlier error: ";
  fci_sink_put (&s_what, before, sizeof before - 1);
  fci_sink_put (&s_what, m.what, strlen (m.what));
  m.what = what;
  m.hint = "make a new context for each conversion, and free this one";
  fci_message_line (&s_line, &m);
  m.text = line;
  if (ctx->options.message)
    ctx->options.message (ctx->options.arg, &m);
}

int
fci_call_begin (fmtconv_ctx *ctx, bool has_all, const char *missing)
{
  if (!ctx)
    return FMTCONV_E_USAGE;
  if (ctx->failed)
    repeat (ctx);
  else if (!has_all)
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s", missing);
  return ctx->failed;
}
