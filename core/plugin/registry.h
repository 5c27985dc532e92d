/* core/plugin/registry.h: finds the installed plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_REGISTRY_H
#define FCI_PLUGIN_REGISTRY_H

#include "core/plugin/index.h"
#include "core/plugin/search.h"
#include <fmtconv/plugin.h>
#include <stdbool.h>

/* A module file, a built-in plugin, a model file, or a plugin of the index that is not installed.  Loaded modules stay resident in the
 * process. */
typedef struct fci_module
{
  const char *name; /* file's base name without ".so" */
  const char *path; /* NULL: built-in, or not installed */
  const fmtconv_plugin
      *plugin;           /* normalized copy (min of sizes over zeroes); NULL: not loaded, refused or absent */
  const char *error;     /* reason for the refusal */
  const fci_file *model; /* the model file that it is; NULL: it is a plugin */
  const fci_index_entry *known; /* what the index says of it; NULL: nothing */
  bool is_absent;               /* it is in the index, but not installed */
  bool is_warned;               /* a warning said that it is not used */
} fci_module;

typedef enum fci_role
{
  FCI_READER,
  FCI_TRANSFORM,
  FCI_WRITER,
  FCI_CODEC,
  FCI_TRANSPORT
} fci_role;

/* Adds built-in plugins, descriptors up to NULL; no file can have their names.  Called before any plugin
 * is found. Returns 0 or a code. */
int fci_registry_hold (fmtconv_ctx *ctx, const fmtconv_plugin *const *builtins);

/* Returns all modules, sorted by name: built-in, then from --plugin-dir, FMTCONV_PLUGIN_PATH (unless
 * privileged) and the compiled-in folder; the first of a name counts; the model files; and what the index knows besides these.  A context
 * finds them once; none is loaded for it. */
fci_module *fci_modules (fmtconv_ctx *ctx, size_t *n);

/* Returns whether a plugin can be left out, as all can but the first of those built in, "spec". */
bool fci_module_is_optional (fmtconv_ctx *ctx, const fci_module *module);

/* Returns whether a module that is not loaded may have the role: a model file is a transform, and is not read for another
 * role. */
bool fci_module_may_have (const fci_module *module, fci_role role);

/* Returns the module's plugin, which is loaded now if it was not.  NULL: it is refused, or absent. */
const fmtconv_plugin *fci_module_load (fmtconv_ctx *ctx, fci_module *module);

/* Returns what is known of the plugin without loading it: what the index says; of a module that it does not know the
 * plugin itself.  NULL: nothing, as such a module is refused. */
const fmtconv_plugin *fci_module_described (fmtconv_ctx *ctx, fci_module *module);

/* Returns "reader", "transform", "writer", "codec" or "transport". */
const char *fci_role_name (fci_role role);

/* Returns "reader 'sat'", for messages; out of memory: the role alone. */
const char *fci_plugin_title (fmtconv_ctx *ctx, const char *role, const fmtconv_plugin *plugin);

/* Returns whether the plugin (may be NULL) has the role. */
bool fci_plugin_has (const fmtconv_plugin *plugin, fci_role role);

/* Returns the parameters of the plugin in a role that it has; NULL: none. */
const fmtconv_param *fci_plugin_params (const fmtconv_plugin *plugin, fci_role role);

/* Finds and loads the main parameter of the plugin in that role, "to=TYPE"; NULL: none. */
const char *fci_plugin_main (const fmtconv_plugin *plugin, fci_role role);

/* Returns the values that the plugin suggests for its parameters in that role; NULL: none. */
const char *fci_plugin_values (const fmtconv_plugin *plugin, fci_role role);

/* The installed module with that name only, loaded.  NULL: not found (no error), or the folders could not be read (an
 * error was recorded). */
const fci_module *fci_module_find (fmtconv_ctx *ctx, const char *name);

/* Records E_USAGE for a plugin that was not found, with the installed plugins as details.  Returns the
 * code. */
int fci_module_unknown (fmtconv_ctx *ctx, const char *name);

/* Returns the plugin with that name and role.  NULL: E_USAGE with the nearest name or the reason for a
 * refusal; E_MISSING with the package if it is known, but not installed. */
const fmtconv_plugin *fci_plugin_find (fmtconv_ctx *ctx, const char *name, fci_role role);

#endif
