/* core/plugin/missing.c: errors for plugins that a conversion needs, and that are not installed or refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/missing.h"
#include <string.h>

const char *
fci_missing_mark (fmtconv_ctx *ctx, fci_module *module)
{
  const char *mark = "";
  if (module->is_absent && module->known->package)
    mark = fmtconv_ctx_printf (ctx, " (not installed: package %s)", module->known->package);
  else if (module->is_absent)
    mark = " (not installed)";
  else if (!fci_module_load (ctx, module))
    mark = " (installed, but refused)";
  return mark ? mark : "";
}

const char *
fci_missing_reason (fmtconv_ctx *ctx, const fci_module *module)
{
  const char *text = strncmp (module->error, module->path, strlen (module->path))
                         ? fmtconv_ctx_printf (ctx, "%s: %s", module->path, module->error)
                         : module->error;
  return text ? text : "";
}

int
fci_missing_fail (fmtconv_ctx *ctx, const fci_module *module, const char *file, const char *role,
                  const char *otherwise)
{
  const char *what, *first;
  if (ctx->failed)
    return ctx->failed;
  if (module->is_absent)
    {
      what = fmtconv_ctx_printf (ctx, "the plugin '%s', %s, is not installed", module->name, role);
      first = fci_index_hint (ctx, module->known);
    }
  else
    {
      what = fmtconv_ctx_printf (ctx, "the plugin '%s', %s, was refused: %s: %s", module->name, role,
                                 module->path, module->error);
      first = "mend that file, install the version of it that belongs to this fmtconv";
    }
  const fmtconv_where where = { .hint =
                                    first ? fmtconv_ctx_printf (ctx, "%s, or %s", first, otherwise) : NULL };
  if (!what || !where.hint)
    return ctx->failed;
  return file ? fci_fail_file (ctx, FMTCONV_E_MISSING, file, &where, "%s", what)
              : fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &where, "%s", what);
}

int
fci_missing_check_refused (fmtconv_ctx *ctx, fci_module *modules, size_t n, fci_role role,
                           const char *otherwise)
{
  for (size_t i = 0; i < n && !ctx->failed; i++)
    if (!modules[i].known && fci_module_may_have (&modules[i], role) && !fci_module_load (ctx, &modules[i])
        && modules[i].path && !ctx->failed)
      {
        const fmtconv_where where = { .hint = fmtconv_ctx_printf (ctx, "mend or remove that file, or %s",
                                                                  otherwise) };
        return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &where,
                                "the %s '%s' was refused, so it is not known whether it would be chosen: %s",
                                modules[i].model ? "model file" : "plugin", modules[i].name,
                                fci_missing_reason (ctx, &modules[i]));
      }
  return ctx->failed;
}

void
fci_missing_note_unused (fmtconv_ctx *ctx, fci_module *module)
{
  if (!module->known || !module->error || module->is_warned)
    return;
  module->is_warned = true;
  fmtconv_warn (ctx, "the plugin %s is not used: %s", module->path, module->error);
}
