/* core/convert/choose.c: chooses transforms by the tensors of a model if the user names none.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/choose-private.h"
#include "core/convert/choose.h"
#include "core/convert/links.h"
#include "core/convert/recognize.h"
#include "core/model/model.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <string.h>

/* Returns whether the output can hold all recognized kinds. A model without an output can. */
static bool
is_pipeline (const fci_conversion *c, const fci_claims *claims)
{
  if (c->only_model)
    return fci_claims_are_components (claims);
  return c->to_folder && (c->writer.plugin->writer->limits.understands & FMTCONV_FEATURE_COMPONENTS)
         && fci_claims_are_components (claims);
}

static int
choose_pipeline (fci_conversion *c, const fci_claims *claims, fci_links *links)
{
  for (size_t i = 0; i < claims->complete; i++)
    {
      const fci_claim *claim = &claims->claim[i];
      if (fci_choose_add (c->ctx, links, claim->module, claim->plugin->transform->kind, claim->params))
        return c->ctx->failed;
    }
  return fci_chain_joins (c, links, links);
}

static int
choose (fci_conversion *c, const fci_claims *claims, fci_links *links)
{
  if (is_pipeline (c, claims))
    return choose_pipeline (c, claims, links);
  if (claims->first == 1 && !fci_claims_are_doubtful (claims))
    {
      if (!fci_module_load (c->ctx, claims->claim[0].module))
        return fci_choose_add (c->ctx, links, claims->claim[0].module, NULL, NULL);
      const bool is_whole = claims->claim[0].plugin->transform->rules->components != NULL;
      if (!is_whole)
        fci_choose_list (c, claims, 1);
      if (claims->n > 1 && !is_whole)
        fmtconv_note (c->ctx, "only the %s is converted; these commands convert the other parts:",
                      claims->claim[0].plugin->transform->kind);
      return fci_choose_add_for_writer (c, &claims->claim[0], links);
    }
  fci_choose_list (c, claims, 0);
  if (claims->complete)
    return fci_claims_fail_several (c, claims);
  if (claims->n)
    return fmtconv_fail_at (
        c->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){
            .hint = "run a listed command to see what is wrong, or keep all tensors unchanged with -t none" },
        "no transform matches this model completely; nearest matches:");
  return c->ctx->failed;
}

int
fci_chain_choose (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  size_t n_modules;
  fci_claims claims;
  if (fmtconv_model_next_component (model, NULL))
    return fci_choose_one_file (c, model, links);
  if (fci_choose_decoded (c, model, links) || links->n)
    return c->ctx->failed;
  fci_module *modules = fci_choose_modules (c->ctx, &n_modules);
  if (!modules || fci_choose_back (c, model, modules, n_modules, links))
    return c->ctx->failed;
  if (fci_claims_make (c->ctx, modules, n_modules, model, fci_choose_writer_name (c), &claims))
    return c->ctx->failed;
  return choose (c, &claims, links);
}

int
fci_chain_choose_component (fci_conversion *c, const fmtconv_model *model, const char *name, fci_links *links)
{
  size_t n_modules, n = 0;
  fci_claims claims;
  fci_module *found = NULL;
  fci_module *modules = fci_choose_modules (c->ctx, &n_modules);
  if (!modules || fci_claims_make (c->ctx, modules, n_modules, model, fci_choose_writer_name (c), &claims))
    return c->ctx->failed;
  for (size_t i = 0; i < claims.complete; i++)
    if (!strcmp (claims.claim[i].plugin->transform->kind, name) && ++n)
      found = claims.claim[i].module;
  if (n == 1)
    return fci_choose_add (c->ctx, links, found, NULL, NULL);
  if (claims.complete == 1)
    return fci_choose_add (c->ctx, links, claims.claim[0].module, NULL, NULL);
  for (size_t i = 0; i < claims.complete; i++)
    fmtconv_detail (c->ctx, "%s: %s%s", claims.claim[i].plugin->transform->kind, claims.claim[i].plugin->name,
                    fci_missing_mark (c->ctx, claims.claim[i].module));
  if (claims.complete)
    return fmtconv_fail (c->ctx, FMTCONV_E_UNSUPPORTED,
                         "several transforms match the component '%s': name one of these", name);
  links->none = true;
  return c->ctx->failed;
}
