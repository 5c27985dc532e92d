/* core/api/context.c: fmtconv_ctx_new: creates a context with the built-in plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/builtins.h"
#include "core/base/ctx.h"
#include "core/plugin/registry.h"

fmtconv_ctx *
fmtconv_ctx_new (const fmtconv_options *options)
{
  fmtconv_ctx *ctx = fci_ctx_new (options);
  if (ctx && fci_registry_hold (ctx, fci_builtins))
    {
      fmtconv_ctx_free (ctx);
      return NULL;
    }
  return ctx;
}
