/* core/api/plugins.c: fmtconv_plugin_list: describes installed and refused plugins, and models.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/stage.h"
#include "core/plugin/agree.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/plugin/suggest.h"
#include "core/plugin/values.h"
#include <string.h>

/* Marks the main parameter, and adds the word for its value. */
static void
add_main (fmtconv_attr *node, const fmtconv_param *params, const fmtconv_param *p, const char *main)
{
  const char *key = node && main ? fci_main_key (node->ctx, main) : NULL;
  if (!key || fci_params_find (params, key) != p)
    return;
  fmtconv_attr_set_string (node, "main", key);
  fmtconv_attr_set_string (node, "value", strchr (main, '=') + 1);
}

/* Adds the suggested values of a parameter. */
static void
add_values (fmtconv_attr *node, const fmtconv_param *p, const char *values)
{
  const char *at = node ? fci_suggested (node->ctx, values, p->key) : NULL;
  fmtconv_attr *list = at ? fci_add_array (node, "values") : NULL;
  for (size_t n; list && *at; at += n + (at[n] == '|'))
    {
      n = strcspn (at, "|");
      fci_add_text (list, NULL, fci_strndup (node->ctx, at, n));
    }
}

static void
add_params (fmtconv_attr *list, const fmtconv_plugin *plugin, fci_role role)
{
  const fmtconv_param *params = fci_plugin_params (plugin, role);
  for (const fmtconv_param *p = params; p && p->key; p++)
    {
      fmtconv_attr *node = fci_add_object (list);
      const char *first = p->otherwise;
      if (first && p->type == FMTCONV_PARAM_CHOICE && list)
        first = fmtconv_ctx_printf (list->ctx, "%.*s", (int) strcspn (first, "|"), first);
      fmtconv_attr_set_string (node, "role", fci_role_name (role));
      fci_add_text (node, "key", p->key);
      fci_add_text (node, "type", fci_param_type (p));
      fci_add_text (node, "default", first);
      fci_add_text (node, "help", p->help ? p->help : "");
      add_main (node, params, p, fci_plugin_main (plugin, role));
      add_values (node, p, fci_plugin_values (plugin, role));
    }
}

/* Adds the roles with their parameters. The index knows no parameters of a plugin that is not installed. */
static void
add_roles (fmtconv_attr *node, const fmtconv_plugin *plugin)
{
  fmtconv_attr *roles = fci_add_array (node, "roles"), *params = fci_add_array (node, "parameters");
  for (fci_role role = FCI_READER; role <= FCI_TRANSPORT; role++)
    if (fci_plugin_has (plugin, role))
      {
        fmtconv_attr_set_string (roles, NULL, fci_role_name (role));
        add_params (params, plugin, role);
      }
}

/* Adds whether a transform runs in reverse, or the reason why it does not. */
static void
add_direction (fmtconv_attr *node, const fmtconv_plugin *plugin)
{
  const char *why = node ? fci_transform_one_way (node->ctx, plugin) : NULL;
  fmtconv_attr_set_bool (node, "reverse", !why);
  if (why)
    fci_add_text (node, "one_way", why);
}

/* Adds what rules say of their names: the sides, and the values of a model file that can be changed. */
static void
add_model (fmtconv_attr *node, const fmtconv_rules *rules, bool is_file)
{
  const char *bar = rules && rules->sides ? strchr (rules->sides, '|') : NULL;
  fmtconv_attr *sides = bar ? fci_add_array (node, "sides") : NULL;
  if (!sides)
    return;
  fci_add_text (sides, NULL, fci_strndup (sides->ctx, rules->sides, (size_t) (bar - rules->sides)));
  fci_add_text (sides, NULL, bar + 1);
  if (rules->let && is_file)
    fci_add_text (node, "let", fci_strndup (sides->ctx, rules->let, strlen (rules->let) - 2));
}

/* Adds a limit, unless it is unlimited. */
static void
add_limits (fmtconv_attr *node, const fmtconv_limits *limits)
{
  fmtconv_attr *object = fmtconv_attr_make (node, "limits");
  if (limits->dtypes)
    {
      fmtconv_attr *dtypes = fci_add_array (object, "dtypes");
      for (const fmtconv_dtype_name *d = limits->dtypes; d->dtype; d++)
        if (d->dtype == FMTCONV_PLUGIN_TYPE)
          fmtconv_attr_set_bool (object, "plugin_types", true);
        else
          fmtconv_attr_set_string (
              dtypes, NULL, fmtconv_dtype_get (d->dtype) ? fmtconv_dtype_get (d->dtype)->name : d->name);
    }
  if (limits->rank)
    fci_add_count (object, "rank", limits->rank);
  if (limits->name_bytes)
    fci_add_count (object, "name_bytes", limits->name_bytes);
  if (limits->tensors)
    fci_add_count (object, "tensors", limits->tensors);
}

/* Adds the block types of a codec. */
static void
add_types (fmtconv_attr *node, const fmtconv_block_codec *codec)
{
  fmtconv_attr *list = fci_add_array (node, "types");
  for (size_t i = 0; list && codec->types[i]; i++)
    {
      const fmtconv_block_type *type = codec->types[i];
      fmtconv_attr *object = fci_add_object (list);
      fci_add_text (object, "name", type->name);
      fci_add_count (object, "block", type->block);
      fci_add_count (object, "block_bytes", type->block_bytes);
      if (type->gguf)
        fci_add_count (object, "gguf", type->gguf);
      fmtconv_attr_set_bool (object, "encode", type->encode != NULL);
    }
}

/* Adds what a loaded plugin says of itself. */
static void
add_loaded (fmtconv_attr *node, const fmtconv_plugin *plugin)
{
  add_roles (node, plugin);
  if (plugin->transform)
    add_direction (node, plugin);
  if (plugin->writer)
    add_limits (node, &plugin->writer->limits);
  if (plugin->codec)
    add_types (node, plugin->codec);
}

/* Adds what the index says of a module that the module does not. */
static void
add_disagreement (fmtconv_attr *node, const fci_index_entry *known, const fmtconv_plugin *plugin)
{
  const char *text = fci_index_disagrees (node->ctx, known, plugin);
  if (text)
    fci_add_text (node, "disagrees", text);
}

static void
add_module (fmtconv_attr *list, fci_module *module)
{
  fmtconv_attr *node = fci_add_object (list);
  if (!node)
    return;
  const fmtconv_plugin *plugin = fci_module_load (node->ctx, module);
  const fmtconv_plugin *described = plugin ? plugin : module->known ? &module->known->plugin : NULL;
  fci_add_text (node, "name", module->name);
  if (described)
    fci_add_text (node, "summary", described->summary);
  fmtconv_attr_set_bool (node, "installed", !module->is_absent);
  if (module->known)
    fci_add_text (node, "package", module->known->package);
  if (module->known && plugin)
    add_disagreement (node, module->known, plugin);
  fci_add_text (node, "path", module->path);
  if (module->model)
    fmtconv_attr_set_bool (node, "model", true);
  if (fci_plugin_has (plugin, FCI_TRANSFORM))
    add_model (node, plugin->transform->rules, module->model != NULL);
  if (plugin)
    add_loaded (node, plugin);
  else if (module->is_absent)
    add_roles (node, described);
  if (module->error)
    fci_add_text (node, "error", module->error);
}

fmtconv_attr *
fmtconv_plugin_list (fmtconv_ctx *ctx, const char *name)
{
  if (fci_call_begin (ctx, true, NULL))
    return NULL;
  size_t n;
  bool found = false;
  fmtconv_attr *list = fmtconv_attr_literal (ctx, "[]");
  fci_module *modules = fci_modules (ctx, &n);
  for (size_t i = 0; i < n; i++)
    if (!name || !strcmp (modules[i].name, name))
      {
        add_module (list, &modules[i]);
        found = true;
      }
  if (name && !found && !ctx->failed)
    fci_module_unknown (ctx, name);
  return ctx->failed ? NULL : list;
}
