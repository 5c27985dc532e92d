/* core/plugin/registry.c: finds the installed plugins and models; a module is loaded when it is first used.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/base/text.h"
#include "core/plugin/codec.h"
#include "core/plugin/descriptor.h"
#include "core/plugin/index.h"
#include "core/plugin/model-file.h"
#include "core/plugin/module.h"
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include <stdlib.h>
#include <string.h>

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const fci_module *) a)->name, ((const fci_module *) b)->name);
}

/* The plugins of a context. */
typedef struct registry
{
  const fmtconv_plugin *const *builtins; /* descriptors, up to NULL; the first, "spec", is in every fmtconv */
  fci_module
      *modules; /* sorted by name; each has neither plugin nor error (not loaded yet), or one of them */
  size_t n;
  bool is_found;
  bool has_index; /* the modules are joined with the index */
} registry;

static const fci_state_key registry_key = { "plugin/registry.c", sizeof (registry) };
static const fmtconv_plugin *const no_builtins[] = { NULL };

int
fci_registry_hold (fmtconv_ctx *ctx, const fmtconv_plugin *const *builtins)
{
  registry *r = fci_state (ctx, &registry_key);
  if (r)
    r->builtins = builtins;
  return ctx->failed;
}

static const fmtconv_plugin *
builtin (const registry *r, const char *name)
{
  size_t i = 0;
  while (r->builtins[i] && strcmp (r->builtins[i]->name, name))
    i++;
  return r->builtins[i];
}

/* Adds the built-in plugins, which precede files, and the files. */
static void
collect (registry *r, const fci_files *files)
{
  for (size_t i = 0; r->builtins[i]; i++)
    r->modules[r->n++] = (fci_module){ .name = r->builtins[i]->name };
  for (size_t i = 0; i < files->n; i++)
    {
      const fci_file *file = &files->file[i];
      if (!builtin (r, file->name))
        r->modules[r->n++] = (fci_module){ .name = file->name, .path = file->path, .error = file->error };
    }
}

/* Returns the module of that name among the first n, which are not sorted; NULL: none. */
static fci_module *
find_first (const registry *r, size_t n, const char *name)
{
  size_t i = 0;
  while (i < n && strcmp (r->modules[i].name, name))
    i++;
  return i < n ? &r->modules[i] : NULL;
}

/* Adds the model files.  A plugin and a model of one name are refused both: nobody knows which is meant. */
static void
collect_models (fmtconv_ctx *ctx, registry *r, const fci_files *models)
{
  const size_t n = r->n;
  for (size_t i = 0; i < models->n; i++)
    {
      const fci_file *file = &models->file[i];
      fci_module *plugin = find_first (r, n, file->name);
      if (plugin)
        plugin->error =
            fmtconv_ctx_printf (ctx, "the model file %s has the same name: rename it", file->path);
      else
        r->modules[r->n++] =
            (fci_module){ .name = file->name, .path = file->path, .error = file->error, .model = file };
    }
}

/* Returns the modules of the context, which are found once.  NULL: an error was recorded. */
static registry *
find_modules (fmtconv_ctx *ctx)
{
  const fci_search search = {
    .what = "plugin folder",
    .suffix = ".so",
    .misnamed =
        "its file name is not a plugin name: a lower-case letter, then at most 63 of a-z, 0-9 and '-'",
    .named = ctx->options.plugin_dirs,
    .n_named = ctx->options.n_plugin_dirs,
    .variable = "FMTCONV_PLUGIN_PATH",
    .installed = FCI_PLUGIN_DIR,
  };
  fci_files files, models;
  size_t own = 0;
  registry *r = fci_state (ctx, &registry_key);
  if (!r || r->is_found || ctx->failed)
    return r && r->is_found ? r : NULL;
  r->builtins = r->builtins ? r->builtins : no_builtins;
  while (r->builtins[own])
    own++;
  if (fci_search_files (ctx, &search, NULL, &files) || fci_model_files_find (ctx, &models)
      || !(r->modules = fmtconv_ctx_alloc (ctx, own + files.n + models.n, sizeof *r->modules)))
    return NULL;
  collect (r, &files);
  collect_models (ctx, r, &models);
  qsort (r->modules, r->n, sizeof *r->modules, by_name);
  r->is_found = true;
  return r;
}

static fci_module *
find (const registry *r, const char *name)
{
  const fci_module key = { .name = name };
  return r->n ? bsearch (&key, r->modules, r->n, sizeof key, by_name) : NULL;
}

/* Joins the modules with the index: each gets its entry, and entries without a module are added as absent.  Returns 0 or
 * the code of an error. */
static int
join_index (fmtconv_ctx *ctx, registry *r)
{
  size_t n_entries, n = r->n;
  const fci_index_entry *entries = fci_index (ctx, &n_entries);
  fci_module *all = entries ? fmtconv_ctx_alloc (ctx, r->n + n_entries + 1, sizeof *all) : NULL;
  if (!all)
    return ctx->failed;
  if (r->n)
    memcpy (all, r->modules, r->n * sizeof *all);
  r->modules = all;
  for (size_t i = 0; i < n_entries; i++)
    {
      const char *name = entries[i].plugin.name;
      fci_module *module = find (r, name);
      if (module)
        module->known = &entries[i];
      else
        all[n++] = (fci_module){ .name = name, .known = &entries[i], .is_absent = true };
    }
  r->n = n;
  qsort (all, n, sizeof *all, by_name);
  r->has_index = true;
  return 0;
}

const fmtconv_plugin *
fci_module_load (fmtconv_ctx *ctx, fci_module *module)
{
  if (module->plugin || module->error || module->is_absent
      || ctx->failed) /* after an error, it is not refused */
    return module->plugin;
  const registry *r = find_modules (ctx);
  if (!r)
    return NULL;
  const char *error = NULL;
  module->error = "it is a part of itself"; /* a pipeline, if it is asked for while it is read */
  const fmtconv_plugin *given = module->model  ? fci_model_file_open (ctx, module->model, &error)
                                : module->path ? fci_module_open (ctx, module->path, module->name, &error)
                                               : builtin (r, module->name);
  if (given)
    module->plugin = fci_descriptor_check (ctx, given, module->name, &error);
  if (module->plugin && ((error = fci_codec_add (ctx, module->plugin)) || ctx->failed))
    module->plugin = NULL;
  module->error = error;
  return module->plugin;
}

const fmtconv_plugin *
fci_module_described (fmtconv_ctx *ctx, fci_module *module)
{
  return module->known ? &module->known->plugin : fci_module_load (ctx, module);
}

fci_module *
fci_modules (fmtconv_ctx *ctx, size_t *n)
{
  registry *r = find_modules (ctx);
  if (r && !r->has_index && join_index (ctx, r))
    r = NULL;
  *n = r ? r->n : 0;
  return r ? r->modules : NULL;
}

const fci_module *
fci_module_find (fmtconv_ctx *ctx, const char *name)
{
  const registry *r = find_modules (ctx);
  fci_module *module = r ? find (r, name) : NULL;
  if (!module || module->is_absent)
    return NULL;
  fci_module_load (ctx, module);
  return module;
}

bool
fci_module_may_have (const fci_module *module, fci_role role)
{
  return !module->model || role == FCI_TRANSFORM;
}

bool
fci_module_is_optional (fmtconv_ctx *ctx, const fci_module *module)
{
  const registry *r = fci_state (ctx, &registry_key);
  return module->path || !r || strcmp (module->name, r->builtins[0]->name) != 0;
}

bool
fci_plugin_has (const fmtconv_plugin *plugin, fci_role role)
{
  if (!plugin)
    return false;
  return role == FCI_READER      ? plugin->reader != NULL
         : role == FCI_TRANSFORM ? plugin->transform != NULL
         : role == FCI_WRITER    ? plugin->writer != NULL
         : role == FCI_CODEC     ? plugin->codec != NULL
                                 : plugin->transport != NULL;
}

const fmtconv_param *
fci_plugin_params (const fmtconv_plugin *plugin, fci_role role)
{
  return role == FCI_READER      ? plugin->reader->params
         : role == FCI_TRANSFORM ? plugin->transform->params
         : role == FCI_WRITER    ? plugin->writer->params
                                 : NULL;
}

const char *
fci_plugin_main (const fmtconv_plugin *plugin, fci_role role)
{
  return role == FCI_READER      ? plugin->reader->main
         : role == FCI_TRANSFORM ? plugin->transform->main
         : role == FCI_WRITER    ? plugin->writer->main
                                 : NULL;
}

const char *
fci_plugin_values (const fmtconv_plugin *plugin, fci_role role)
{
  return role == FCI_READER      ? plugin->reader->values
         : role == FCI_TRANSFORM ? plugin->transform->values
         : role == FCI_WRITER    ? plugin->writer->values
                                 : NULL;
}

const char *
fci_role_name (fci_role role)
{
  static const char *const names[] = { "reader", "transform", "writer", "codec", "transport" };
  return names[role];
}

const char *
fci_plugin_title (fmtconv_ctx *ctx, const char *role, const fmtconv_plugin *plugin)
{
  const char *owner = fmtconv_ctx_printf (ctx, "%s '%s'", role, plugin->name);
  return owner ? owner : role;
}

/* Returns whether the module can be named: it is installed, or the index knows it. */
static bool
is_choice (fmtconv_ctx *ctx, fci_module *module, fci_role role, bool any)
{
  const fmtconv_plugin *plugin = module->is_absent ? &module->known->plugin : fci_module_load (ctx, module);
  return plugin && (any || fci_plugin_has (plugin, role));
}

/* Returns whether a list of plugins has the module. Models are listed elsewhere. */
static bool
is_listed (const fci_module *module)
{
  return !module->is_absent && !module->model;
}

/* Records E_USAGE for an unknown name, with the installed plugins as details.  any: plugins of all roles. */
static int
unknown (fmtconv_ctx *ctx, const char *typed, fci_role role, bool any)
{
  size_t n, known = 0, installed = 0;
  fci_module *modules = fci_modules (ctx, &n);
  const char **names = modules ? fmtconv_ctx_alloc (ctx, n + 1, sizeof *names) : NULL;
  for (size_t i = 0; names && i < n; i++)
    if (is_choice (ctx, &modules[i], role, any))
      {
        names[known++] = modules[i].name;
        installed += is_listed (&modules[i]) && fci_module_is_optional (ctx, &modules[i]);
      }
  const char *suggestion = known ? fci_spell_nearest (typed, names, known) : NULL;
  for (size_t i = 0; names && installed && !suggestion && i < n; i++)
    if (is_listed (&modules[i]) && is_choice (ctx, &modules[i], role, any))
      fmtconv_detail (ctx, "%s: %s", modules[i].name, modules[i].plugin->summary);
  const char *what = any ? "plugin" : fci_role_name (role);
  static const fmtconv_where nothing = {
    .hint = "set FMTCONV_PLUGIN_PATH to the folder of the plugins, or install them"
  };
  if (suggestion)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no %s '%s' found: did you mean '%s'?", what, typed,
                         suggestion);
  if (!installed)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &nothing, "no %s '%s' found: no %s is installed", what,
                            typed, what);
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no %s '%s' found; installed %ss:", what, typed, what);
}

int
fci_module_unknown (fmtconv_ctx *ctx, const char *name)
{
  return unknown (ctx, name, FCI_READER, true);
}

/* Records the error for a name that no installed plugin has. */
static int
not_installed (fmtconv_ctx *ctx, const char *name, fci_role role)
{
  const fci_index_entry *known = fci_index_find (ctx, name);
  if (ctx->failed || !known || !fci_plugin_has (&known->plugin, role))
    return ctx->failed ? ctx->failed : unknown (ctx, name, role, false);
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = fci_index_hint (ctx, known) },
                          "the %s '%s' is not installed", fci_role_name (role), name);
}

const fmtconv_plugin *
fci_plugin_find (fmtconv_ctx *ctx, const char *name, fci_role role)
{
  const fci_module *module = fci_module_find (ctx, name);
  if (ctx->failed)
    return NULL;
  if (module && module->error)
    fmtconv_fail (ctx, FMTCONV_E_MISSING, "plugin '%s' (%s) was refused: %s", name, module->path,
                  module->error);
  else if (!module)
    not_installed (ctx, name, role);
  else if (!fci_plugin_has (module->plugin, role))
    unknown (ctx, name, role, false);
  return ctx->failed ? NULL : module->plugin;
}
