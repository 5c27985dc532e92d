/* core/plugin/codec-find.c: finds and loads the plugins that have a block type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/plugin/codec-find.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <fmtconv/formats.h>
#include <strings.h>

static bool
has_type (const fmtconv_plugin *plugin, const char *name, uint32_t gguf)
{
  for (size_t i = 0; plugin->codec && plugin->codec->types[i]; i++)
    if (name ? strcasecmp (plugin->codec->types[i]->name, name) == 0 : plugin->codec->types[i]->gguf == gguf)
      return true;
  return false;
}

/* Records that the plugin of a type cannot be used. */
static int
miss (fmtconv_ctx *ctx, const fci_module *module, const char *name, uint32_t gguf)
{
  const char *role =
      name ? fmtconv_ctx_printf (ctx, "which has the data type %s", name)
           : fmtconv_ctx_printf (ctx, "which has the data type number %u of GGUF files", (unsigned) gguf);
  return role ? fci_missing_fail (ctx, module, NULL, role, "use another data type") : ctx->failed;
}

static bool
is_known (const char *name, uint32_t gguf)
{
  return name ? fci_block_type_named (name) != NULL : fci_block_type_get (FMTCONV_GGML + gguf) != NULL;
}

/* A plugin that cannot be used is an error only if no other has the type. */
int
fci_codec_load (fmtconv_ctx *ctx, const char *name, uint32_t gguf)
{
  size_t n;
  const fci_module *missed = NULL;
  fci_module *modules = fci_modules (ctx, &n);
  for (size_t i = 0; modules && i < n && !ctx->failed; i++)
    if (!modules[i].known && fci_module_may_have (&modules[i], FCI_CODEC))
      fci_module_load (ctx, &modules[i]);
    else if (modules[i].known && has_type (&modules[i].known->plugin, name, gguf)
             && !fci_module_load (ctx, &modules[i]) && !missed)
      missed = &modules[i];
  if (missed && !ctx->failed && !is_known (name, gguf))
    miss (ctx, missed, name, gguf);
  return ctx->failed;
}
