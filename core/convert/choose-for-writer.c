/* core/convert/choose-for-writer.c: chooses the transforms that make of a model what the writer can store.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/around.h"
#include "core/convert/choose-private.h"
#include "core/convert/choose.h"
#include "core/convert/links.h"
#include "core/convert/recognize.h"
#include "core/convert/typed.h"
#include "core/model/model.h"
#include "core/plugin/registry.h"
#include "core/view/dtype.h"

int
fci_choose_add_for_writer (fci_conversion *c, const fci_claim *claim, fci_links *links)
{
  const bool only = claim->plugin->transform->writer != NULL;
  c->is_for_writer = only || claim->params;
  if (only && fci_chain_before (c, claim->plugin->transform, links))
    return c->ctx->failed;
  if (fci_choose_add (c->ctx, links, claim->module, NULL, claim->params))
    return c->ctx->failed;
  return only ? fci_chain_next (c, claim->plugin->transform, links) : 0;
}

const char *
fci_choose_writer_name (const fci_conversion *c)
{
  return c->writer.plugin ? c->writer.plugin->name : NULL;
}

bool
fci_choose_writes_components (const fci_conversion *c)
{
  const fmtconv_writer *writer = c->writer.plugin->writer;
  fmtconv_limits limits = writer->limits;
  if (writer->adjust)
    writer->adjust (c->writer.block, &limits);
  return limits.understands & FMTCONV_FEATURE_COMPONENTS;
}

int
fci_choose_one_file (fci_conversion *c, const fmtconv_model *bundle, fci_links *links)
{
  size_t n;
  fci_claims claims;
  if (c->only_model || fci_choose_writes_components (c))
    return c->ctx->failed;
  fci_module *modules = fci_choose_modules (c->ctx, &n);
  if (!modules || fci_claims_reverse (c->ctx, modules, n, bundle, &claims) || claims.complete != 1)
    return c->ctx->failed;
  fci_link *link = fci_links_add (c->ctx, links);
  if (link)
    fci_link_make (c->ctx, FCI_TRANSFORM, claims.claim[0].plugin, "reverse", link);
  return c->ctx->failed;
}

/* Returns what the writer's transform for quantized values with scales makes of a model, without its messages, and adds it to
 * the links; the model itself, if it has none, or the writer no such transform, or an error was recorded. */
static const fmtconv_model *
decoded (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  const char *decode = c->only_model ? NULL : c->writer.plugin->writer->decode;
  const fmtconv_model *made = model;
  fci_try saved;
  if (!decode || !(fci_model_features (model) & FMTCONV_FEATURE_SCALED)
      || fci_links_parse (c->ctx, &decode, 1, links))
    return model;
  fci_try_begin (c->ctx, &saved);
  fci_links_run (c->ctx, links, &made);
  const bool failed = fci_try_end (c->ctx, &saved) != 0;
  links->link[0].after = NULL; /* it runs again, with messages */
  return failed || !made ? model : made;
}

int
fci_choose_decoded (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  fci_links chosen = { 0 };
  const fmtconv_model *plain = decoded (c, model, &chosen);
  const size_t n = chosen.n;
  if (plain == model || fci_chain_choose_for_writer (c, plain, &chosen) || chosen.n == n)
    return c->ctx->failed;
  *links = chosen;
  c->is_for_writer = true;
  return 0;
}

/* Adds the writer's transform that decodes tensors in blocks, if there are some. */
static int
add_decoding (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  const char *decode = c->writer.plugin->writer->decode;
  FMTCONV_FOREACH (t, model)
    if (decode && fci_is_blocks (t->dtype))
      return fci_links_parse (c->ctx, &decode, 1, links);
  return c->ctx->failed;
}

bool
fci_choose_back (fci_conversion *c, const fmtconv_model *model, fci_module *modules, size_t n_modules,
                 fci_links *links)
{
  fci_claims claims;
  const char *undoes = c->only_model ? NULL : c->writer.plugin->writer->undoes;
  if (!undoes || fci_claims_of_writer (c->ctx, modules, n_modules, model, undoes, &claims)
      || claims.complete != 1)
    return false;
  c->is_for_writer = true;
  if (!fci_chain_before (c, NULL, links)
      && !fci_choose_add (c->ctx, links, claims.claim[0].module, NULL, "reverse")
      && !fci_chain_next (c, NULL, links))
    add_decoding (c, model, links);
  return true;
}

int
fci_chain_choose_for_writer (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  size_t n;
  fci_claims claims;
  if (fmtconv_model_next_component (model, NULL))
    return c->ctx->failed;
  fci_module *modules = fci_modules (c->ctx, &n);
  if (!modules || fci_claims_make (c->ctx, modules, n, model, fci_choose_writer_name (c), &claims))
    return c->ctx->failed;
  const fci_claim *only = claims.first == 1 && !fci_claims_are_doubtful (&claims) ? claims.claim : NULL;
  if (!only || !(only->params || only->plugin->transform->writer))
    return c->ctx->failed;
  fci_choose_add_for_writer (c, only, links);
  c->is_for_writer = false; /* what stands after it was typed */
  return c->ctx->failed;
}
