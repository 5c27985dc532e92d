/* core/base/argument.c: arguments of public calls that a plugin must not leave out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"

bool
fci_has_argument (fmtconv_ctx *ctx, const char *call, const char *name, const void *argument)
{
  if (!ctx || ctx->failed)
    return false;
  if (argument)
    return true;
  const char *plugin = fci_subject_now (ctx)->plugin;
  if (plugin)
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "the plugin '%s' passed NULL as the argument '%s' of %s", plugin,
                  name, call);
  else
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "NULL was passed as the argument '%s' of %s", name, call);
  return false;
}
