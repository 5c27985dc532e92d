/* core/convert/choose-list.c: lists the parts of a model that transforms match, each with the command that converts it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/choose-private.h"
#include "core/convert/recognize.h"
#include "core/convert/shell.h"
#include "core/plugin/missing.h"
#include <string.h>

const char *
fci_choose_output (const fci_conversion *c, const char *kind)
{
  const char *output = c->job.output;
  size_t n = strlen (output);
  if (c->to_folder)
    return fmtconv_ctx_printf (c->ctx, "%s-%s/", c->output, kind);
  const char *slash = strrchr (output, '/'), *base = slash ? slash + 1 : output, *dot = strrchr (base, '.');
  size_t stem = dot && dot > base ? (size_t) (dot - output) : n;
  return fmtconv_ctx_printf (c->ctx, "%.*s-%s%s", (int) stem, output, kind, output + stem);
}

/* Lists one part: its kind, and the command that converts it. Long strings are shortened one by one. */
static void
list_part (const fci_conversion *c, const fci_claim *claim)
{
  fmtconv_ctx *ctx = c->ctx;
  const fci_recognition *found = &claim->found;
  const char *kind = claim->plugin->transform->kind,
             *output = c->only_model ? "" : fci_choose_output (c, kind);
  const char *mark = fci_missing_mark (ctx, claim->module);
  const char *missing = found->missing ? fmtconv_ctx_printf (ctx, ", %zu missing", found->missing) : "";
  const char *unknown = found->unknown ? fmtconv_ctx_printf (ctx, ", %zu unknown", found->unknown) : "";
  const char *reader = c->job.reader ? fci_shell_word (ctx, c->job.reader) : "";
  const char *writer = c->job.writer ? fci_shell_word (ctx, c->job.writer) : "";
  if (!output || !missing || !unknown || ctx->failed)
    return;
  if (c->only_model)
    {
      fmtconv_detail (ctx, "%s (%zu tensor%s%s%s): transform: %s%s", kind, found->claimed,
                      found->claimed == 1 ? "" : "s", missing, unknown, claim->plugin->name, mark);
      return;
    }
  fmtconv_detail (ctx, "%s (%zu tensor%s%s%s): fmtconv%s%s -t %s%s%s %s %s%s", kind, found->claimed,
                  found->claimed == 1 ? "" : "s", missing, unknown, *reader ? " -r " : "", reader,
                  claim->plugin->name, *writer ? " -w " : "", writer, fci_shell_path (ctx, c->job.input),
                  fci_shell_path (ctx, output), mark);
}

void
fci_choose_list (const fci_conversion *c, const fci_claims *claims, size_t from)
{
  for (size_t i = from; i < claims->n; i++)
    list_part (c, &claims->claim[i]);
}
