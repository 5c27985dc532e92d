/* core/plugin/registry.h: the plugins that are installed, and why one was refused.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_REGISTRY_H
#define FCI_PLUGIN_REGISTRY_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* A module file that was found, or a plugin that the library itself holds.  Loaded modules stay resident in the
 * process. */
typedef struct fci_module
{
  const char *name;             /* file's base name without ".so" */
  const char *path;             /* NULL: it is no file, but a part of the library */
  const fmtconv_plugin *plugin; /* normalized copy (min of sizes over zeroes); NULL: refused */
  const char *error;            /* why it was refused */
} fci_module;

/* Lets the context hold plugins of the library itself: descriptors up to NULL, whose names no file can take.  Called
 * before anything is found.  Returns 0 or a code. */
int fci_registry_hold (fmtconv_ctx *ctx, const fmtconv_plugin *const *builtins);

/* All modules, sorted by name, the library's own, then from --plugin-dir, FMTCONV_PLUGIN_PATH (unless privileged), the
 * compiled-in folder; of one name the first found counts.  Found and loaded once a context. */
const fci_module *fci_modules (fmtconv_ctx *ctx, size_t *n);

typedef enum fci_role
{
  FCI_READER,
  FCI_TRANSFORM,
  FCI_WRITER
} fci_role;

/* "reader", "transform", "writer". */
const char *fci_role_name (fci_role role);

/* Returns "reader 'sat'", for messages; out of memory: the role alone. */
const char *fci_plugin_title (fmtconv_ctx *ctx, const char *role, const fmtconv_plugin *plugin);

/* Has the plugin (may be NULL) that role? */
bool fci_plugin_has (const fmtconv_plugin *plugin, fci_role role);

/* The parameters of the plugin, which has that role, in it; NULL: none. */
const fmtconv_param *fci_plugin_params (const fmtconv_plugin *plugin, fci_role role);

/* The main parameter of the plugin in that role, "to=TYPE"; NULL: none. */
const char *fci_plugin_main (const fmtconv_plugin *plugin, fci_role role);

/* The module of that name, loaded, alone.  NULL: there is none (no error), or the folders could not be
 * read (an error). */
const fci_module *fci_module_find (fmtconv_ctx *ctx, const char *name);

/* E_USAGE: there is no plugin of that name, and which there are. */
int fci_module_unknown (fmtconv_ctx *ctx, const char *name);

/* The plugin of that name with that role.  NULL: E_USAGE with the nearest names, or why it was refused. */
const fmtconv_plugin *fci_plugin_find (fmtconv_ctx *ctx, const char *name, fci_role role);

#endif
