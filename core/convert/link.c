/* core/convert/link.c: one plugin of a chain with its parameters, which are parsed once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/link.h"
#include "core/convert/shell.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"

int
fci_link_make (fmtconv_ctx *ctx, fci_role role, const fmtconv_plugin *plugin, const char *params,
               fci_link *out)
{
  *out = (fci_link){ .plugin = plugin, .params = params };
  if (!plugin || ctx->failed)
    return ctx->failed;
  const char *owner = fci_plugin_title (ctx, fci_role_name (role), plugin);
  const fmtconv_param *table = fci_plugin_params (plugin, role);
  out->params = fci_params_spell (ctx, owner, table, fci_plugin_main (plugin, role), params);
  if (out->params)
    out->block = fci_params_parse (ctx, owner, table, out->params);
  return ctx->failed;
}

const char *
fci_link_option (fmtconv_ctx *ctx, char option, const fci_link *link)
{
  const char *text =
      fmtconv_ctx_printf (ctx, "%s%s%s%s%s%s", link->component ? link->component : "",
                          link->component ? "/" : "", link->plugin->name, link->reverse ? ":reverse" : "",
                          !*link->params  ? ""
                          : link->reverse ? ","
                                          : ":",
                          link->params);
  return text ? fmtconv_ctx_printf (ctx, " -%c %s", option, fci_shell_word (ctx, text)) : "";
}
