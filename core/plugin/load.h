/* core/plugin/load.h: what the registry is made of: folders, modules, the checks of a descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LOAD_H
#define FCI_LOAD_H

#include "core/plugin/registry.h"
#include <stdbool.h>

/* Modules found so far; each has either neither plugin nor error (not loaded yet), or one of them. */
typedef struct fci_found
{
  fci_module *modules;
  size_t n;
  size_t room;
} fci_found;

/* One more module. */
void fci_found_add (fmtconv_ctx *ctx, fci_found *found, const fci_module *module);

/* Is `name` [a-z][a-z0-9-]{0,63}? */
bool fci_plugin_name_ok (const char *name, size_t len);

/* The modules of all folders, in order of search.  0, or the code of a recorded error: only the folder
 * that the application named must be there. */
int fci_folders_scan (fmtconv_ctx *ctx, fci_found *found);

/* The descriptor in the module file `path`, as it lies there.  NULL, and *error says why.  Thread-safe. */
const fmtconv_plugin *fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name,
                                       const char **error);

/* The normalised copy of a descriptor from a file called `name`.so.  NULL, and *error says why it is
 * refused. */
const fmtconv_plugin *fci_descriptor_check (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name,
                                            const char **error);

#endif
