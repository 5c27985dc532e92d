/* core/pipeline/recognise.c: which transform knows a model, by running its rules silently.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/detect.h"
#include <stdlib.h>
#include <string.h>

static int
by_missing (const void *a, const void *b)
{
  const fci_claim *x = a, *y = b;
  int order = (x->found.missing > 0) - (y->found.missing > 0);
  return order ? order : strcmp (x->plugin->name, y->plugin->name);
}

const fci_claim *
fci_claims (fmtconv_ctx *ctx, const fci_module *modules, size_t n_modules, const fmtconv_model *model,
            size_t *n, size_t *complete)
{
  fci_claim *claims = fmtconv_alloc (ctx, n_modules + 1, sizeof *claims);
  size_t count = 0;
  *n = *complete = 0;
  for (size_t i = 0; claims && i < n_modules; i++)
    {
      const fmtconv_plugin *plugin = modules[i].plugin;
      if (!fci_plugin_has (plugin, FCI_TRANSFORM) || !plugin->transform->kind || !plugin->transform->rules)
        continue;
      fci_claim claim = { .plugin = plugin };
      if (fci_rules_recognise (plugin->transform->rules, model, &claim.found))
        return NULL;
      if (!claim.found.claimed)
        continue;
      *complete += !claim.found.missing;
      claims[count++] = claim;
    }
  if (ctx->failed || !claims)
    return NULL;
  *n = count;
  qsort (claims, count, sizeof *claims, by_missing);
  return claims;
}

const fmtconv_plugin *
fci_detect_transform (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t n_modules, n, complete;
  const fci_module *modules = fci_modules (ctx, &n_modules);
  const fci_claim *claims = fci_claims (ctx, modules, n_modules, model, &n, &complete);
  if (!claims || !n)
    return NULL;
  if (complete == 1)
    return claims[0].plugin;
  for (size_t i = 0; i < (complete ? complete : n); i++)
    fmtconv_detail (ctx, "-t %s: %s: %zu tensors%s", claims[i].plugin->name,
                    claims[i].plugin->transform->kind, claims[i].found.claimed,
                    complete ? "" : fmtconv_text (ctx, ", %zu are missing", claims[i].found.missing));
  if (complete)
    fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                  "several transforms recognise the model: choose one, or -t none; there are these:");
  else
    fmtconv_warn (ctx,
                  "no transform recognises the whole model, and these a part of it: tensors are taken as "
                  "they are");
  return NULL;
}

const char *
fmtconv_recognisers (const fmtconv_model *model)
{
  size_t n_modules, n, complete;
  fmtconv_ctx *ctx = model ? fci_model_ctx (model) : NULL;
  const fci_module *modules = ctx && !ctx->failed ? fci_modules (ctx, &n_modules) : NULL;
  const fci_claim *claims = modules ? fci_claims (ctx, modules, n_modules, model, &n, &complete) : NULL;
  const char *names = NULL;
  for (size_t i = 0; claims && i < complete; i++)
    names = names ? fmtconv_text (ctx, "%s, %s", names, claims[i].plugin->name) : claims[i].plugin->name;
  return names;
}
