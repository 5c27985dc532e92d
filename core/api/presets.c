/* core/api/presets.c: fmtconv_preset_list: describes the installed specs and their variables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/plugin/search.h"
#include "core/spec/find.h"
#include "core/spec/open.h"
#include "core/spec/variables.h"

static void
add_variables (fmtconv_attr *node, const fci_file *preset)
{
  fci_pipeline p = { .ctx = node->ctx };
  fmtconv_attr *list = fci_add_array (node, "variables");
  if (fci_spec_open (&p, fci_file_open (p.ctx, preset)) || fci_variables_check (&p))
    return;
  for (size_t i = FCI_V_FIRST; i < p.n_variables; i++)
    {
      const fci_variable *v = &p.variables[i];
      fmtconv_attr *item = fci_add_object (list);
      fmtconv_attr_set_string (item, "name", v->name);
      fmtconv_attr_set_bool (item, "required", !v->optional && !v->otherwise);
      fmtconv_attr_set_string (item, "default", v->otherwise ? v->otherwise->text : NULL);
      fmtconv_attr_set_string (item, "help", v->help ? v->help : "");
    }
  fmtconv_attr_set_bool (node, "input", p.variables[FCI_V_INPUT].used);
  fmtconv_attr_set_bool (node, "output", p.variables[FCI_V_OUTPUT].used);
}

static void
add_preset (fmtconv_attr *list, const fci_file *preset, bool all)
{
  fmtconv_attr *node = fci_add_object (list);
  fci_add_text (node, "name", preset->name);
  fci_add_text (node, "summary", node ? fci_preset_summary (node->ctx, preset) : NULL);
  fci_add_text (node, "path", preset->embedded ? NULL : preset->path);
  if (preset->error)
    fci_add_text (node, "error", preset->error);
  else if (all && node)
    add_variables (node, preset);
}

fmtconv_attr *
fmtconv_preset_list (fmtconv_ctx *ctx, const char *name)
{
  if (fci_call_begin (ctx, true, NULL))
    return NULL;
  fci_files found;
  if (fci_presets_find (ctx, name, &found))
    return NULL;
  fmtconv_attr *list = fmtconv_attr_literal (ctx, "[]");
  for (size_t i = 0; i < found.n && !ctx->failed; i++)
    add_preset (list, &found.file[i], name != NULL);
  return ctx->failed ? NULL : list;
}
