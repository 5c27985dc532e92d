/* core/api/describe.c: asks transforms without rules whether they know a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/describe.h"
#include "core/base/ctx.h"
#include "core/convert/shell.h"
#include <string.h>

/* Asks one transform, silently: what is wrong with the model is not the question. */
static bool
ask (fmtconv_ctx *ctx, const fmtconv_transform *t, const fmtconv_model *model, fmtconv_description *out)
{
  fci_try saved;
  *out = (fmtconv_description){ 0 };
  fci_try_begin (ctx, &saved);
  const bool knows = t->describe (ctx, model, out) != 0;
  return fci_try_end (ctx, &saved) == 0 && knows && out->kind && out->title && out->command;
}

/* Returns the transform of a module.  The index does not say which transforms describe models, so all are loaded. */
static const fmtconv_transform *
transform_of (fmtconv_ctx *ctx, fci_module *module)
{
  const bool is_one = !module->known || fci_plugin_has (&module->known->plugin, FCI_TRANSFORM);
  const fmtconv_plugin *plugin = is_one ? fci_module_load (ctx, module) : NULL;
  return fci_plugin_has (plugin, FCI_TRANSFORM) ? plugin->transform : NULL;
}

void
fci_describe (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_model *model, fci_described *out)
{
  *out = (fci_described){ 0 };
  for (size_t i = 0; i < n && out->n < FCI_MAX_DESCRIBED; i++)
    {
      const fmtconv_transform *t = transform_of (ctx, &modules[i]);
      fmtconv_description said;
      if (!t || !t->describe || !ask (ctx, t, model, &said))
        continue;
      out->command[out->n++] = said.command;
      out->title = out->title ? out->title : said.title;
      out->kind = out->kind ? out->kind : said.kind;
    }
}

const char *
fci_describe_command (fmtconv_ctx *ctx, const fci_described *described, size_t i, const char *path)
{
  static const char input[] = "INPUT";
  const char *command = described->command[i], *at = strstr (command, input);
  if (!at)
    return fmtconv_ctx_printf (ctx, "fmtconv %s", command);
  return fmtconv_ctx_printf (ctx, "fmtconv %.*s%s%s", (int) (at - command), command,
                             fci_shell_path (ctx, path), at + strlen (input));
}
