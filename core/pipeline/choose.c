/* core/pipeline/choose.c: the transform for a model that nobody named one for, and commands for what else is there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/convert.h"
#include "core/pipeline/detect.h"
#include <string.h>

/* A name for one part's own output: "out-vae.safetensors" beside "out.safetensors", "out-vae/" beside "out/". */
static const char *
output_for (const fci_conversion *c, const char *kind)
{
  const char *output = c->job.output;
  size_t n = strlen (output);
  if (c->to_folder)
    return fmtconv_text (c->ctx, "%s-%s/", c->output, kind);
  const char *slash = strrchr (output, '/'), *base = slash ? slash + 1 : output, *dot = strrchr (base, '.');
  size_t stem = dot && dot > base ? (size_t) (dot - output) : n;
  return fmtconv_text (c->ctx, "%.*s-%s%s", (int) stem, output, kind, output + stem);
}

/* One line a part: what it is, and what converts it as one could type it.  Long strings are cut one by one. */
static void
list_part (const fci_conversion *c, const fci_claim *claim)
{
  fmtconv_ctx *ctx = c->ctx;
  const fci_recognition *found = &claim->found;
  const char *kind = claim->plugin->transform->kind, *output = output_for (c, kind);
  const char *missing = found->missing ? fmtconv_text (ctx, ", %zu missing", found->missing) : "";
  const char *unknown = found->unknown ? fmtconv_text (ctx, ", %zu not known", found->unknown) : "";
  const char *reader = c->job.reader ? fci_shell_word (ctx, c->job.reader) : "";
  const char *writer = c->job.writer ? fci_shell_word (ctx, c->job.writer) : "";
  if (!output || !missing || !unknown || ctx->failed)
    return;
  fmtconv_detail (ctx, "%s (%zu tensor%s%s%s): fmtconv%s%s -t %s%s%s %s %s", kind, found->claimed,
                  found->claimed == 1 ? "" : "s", missing, unknown, *reader ? " -r " : "", reader,
                  claim->plugin->name, *writer ? " -w " : "", writer, fci_shell_path (ctx, c->job.input),
                  fci_shell_path (ctx, output));
}

static void
list (const fci_conversion *c, const fci_claims *claims, size_t from)
{
  for (size_t i = from; i < claims->n; i++)
    list_part (c, &claims->claim[i]);
}

/* Is something that is nearly recognised as important as what is? */
static bool
is_doubtful (const fci_claims *claims)
{
  return claims->n > claims->complete
         && claims->claim[claims->complete].plugin->transform->precedence
                >= claims->claim[0].plugin->transform->precedence;
}

static const fmtconv_plugin *
choose (const fci_conversion *c, const fci_claims *claims)
{
  if (claims->first == 1 && !is_doubtful (claims))
    {
      list (c, claims, 1);
      if (claims->n > 1)
        fmtconv_note (c->ctx, "the %s is converted; this converts what is left behind:",
                      claims->claim[0].plugin->transform->kind);
      return claims->claim[0].plugin;
    }
  list (c, claims, 0);
  if (claims->complete)
    fmtconv_fail (c->ctx, FMTCONV_E_UNSUPPORTED,
                  "the input holds several models, and the output is to hold one: choose it with -t");
  else if (claims->n)
    fmtconv_warn (c->ctx,
                  "no transform recognises the whole model, only nearly: tensors are taken as they are");
  return NULL;
}

const fmtconv_plugin *
fci_chain_choose (const fci_conversion *c)
{
  size_t n_modules;
  fci_claims claims;
  const fci_module *modules = fci_modules (c->ctx, &n_modules);
  if (!modules || fci_claims_make (c->ctx, modules, n_modules, c->stages[0], &claims))
    return NULL;
  return choose (c, &claims);
}
