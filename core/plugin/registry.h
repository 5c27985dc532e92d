/* core/plugin/registry.h: the plugins that are installed, and why one was refused.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_REGISTRY_H
#define FCI_REGISTRY_H

#include <fmtconv/plugin.h>

/* A module file that was found.  Loaded modules stay resident in the process. */
typedef struct fci_module
{
  const char *name; /* file's base name without ".so" */
  const char *path;
  const fmtconv_plugin *plugin; /* normalised copy (min of sizes over zeroes); NULL: refused */
  const char *error;            /* why it was refused */
} fci_module;

/* All modules, sorted by name, from --plugin-dir, FMTCONV_PLUGIN_PATH (unless privileged), the
 * compiled-in folder; of one name the first found counts.  Found and loaded once a context. */
const fci_module *fci_modules (fmtconv_ctx *ctx, size_t *n);

typedef enum fci_role
{
  FCI_READER,
  FCI_TRANSFORM,
  FCI_WRITER
} fci_role;

/* The plugin of that name with that role.  NULL: E_USAGE with the nearest names, or why it was refused. */
const fmtconv_plugin *fci_plugin_find (fmtconv_ctx *ctx, const char *name, fci_role role);

#endif
