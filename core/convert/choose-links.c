/* core/convert/choose-links.c: adds chosen transforms to a chain: that of a module, and those that join the results of others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/choose-private.h"
#include "core/convert/choose.h"
#include "core/convert/links.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <string.h>

int
fci_choose_add (fmtconv_ctx *ctx, fci_links *links, fci_module *module, const char *component,
                const char *params)
{
  const fmtconv_plugin *plugin = fci_module_load (ctx, module);
  if (!plugin)
    return fci_missing_fail (ctx, module, NULL, "which converts this model",
                             "choose the transforms with -t (-t none keeps all tensors unchanged)");
  fci_link *link = fci_links_add (ctx, links);
  if (link && !fci_link_make (ctx, FCI_TRANSFORM, plugin, params ? params : "", link))
    link->component = component;
  return ctx->failed;
}

fci_module *
fci_choose_modules (fmtconv_ctx *ctx, size_t *n)
{
  fci_module *modules = fci_modules (ctx, n);
  return modules
                 && !fci_missing_check_refused (ctx, modules, *n, FCI_TRANSFORM,
                                                "choose the transforms with -t")
             ? modules
             : NULL;
}

/* Returns whether the module's transform joins the results of one of the makers, and is not in the chain. */
static bool
is_wanted (fmtconv_ctx *ctx, fci_module *module, const fci_links *makers, size_t n_makers,
           const fci_links *links)
{
  const fmtconv_plugin *join = fci_module_described (ctx, module);
  const char *joins = fci_plugin_has (join, FCI_TRANSFORM) ? join->transform->joins : NULL;
  bool wanted = false;
  for (size_t k = 0; joins && k < n_makers; k++)
    wanted = wanted || !strcmp (makers->link[k].plugin->name, joins);
  for (size_t k = 0; wanted && k < links->n; k++)
    wanted = strcmp (links->link[k].plugin->name, join->name) != 0;
  return wanted;
}

int
fci_chain_joins (fci_conversion *c, const fci_links *makers, fci_links *links)
{
  size_t n = 0, n_makers = makers->n; /* a plugin may be both */
  fci_module *modules = n_makers ? fci_choose_modules (c->ctx, &n) : NULL;
  for (size_t i = 0; !c->ctx->failed && i < n; i++)
    if (is_wanted (c->ctx, &modules[i], makers, n_makers, links)
        && fci_choose_add (c->ctx, links, &modules[i], NULL, NULL))
      break;
  return c->ctx->failed;
}
