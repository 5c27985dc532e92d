/* core/api/context.c: fmtconv_ctx_new: creates a context with the built-in plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/builtins.h"
#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/plugin/codec-find.h"
#include "core/plugin/registry.h"
#include "core/plugin/search.h"

/* Checks the folders now, so that a mistake is reported where it was made.  The lists are the context's own. */
static void
check_folders (fmtconv_ctx *ctx)
{
  const fmtconv_options *o = &ctx->options;
  if (!ctx->failed)
    fci_search_check (ctx, "plugin folder", (const char **) o->plugin_dirs, o->n_plugin_dirs);
  if (!ctx->failed)
    fci_search_check (ctx, "folder of presets", (const char **) o->preset_dirs, o->n_preset_dirs);
}

fmtconv_ctx *
fmtconv_ctx_new (const fmtconv_options *options)
{
  fmtconv_ctx *ctx = fci_ctx_new (options);
  if (ctx && !ctx->failed)
    fci_registry_hold (ctx, fci_builtins);
  if (ctx && !ctx->failed)
    fci_block_types_hold (ctx, fci_codec_load);
  if (ctx)
    check_folders (ctx);
  if (!ctx || ctx->failed != FMTCONV_E_NOMEM)
    return ctx;
  fmtconv_ctx_free (ctx);
  return NULL;
}
