/* core/plugin/load.h: what the registry is made of: modules, and the checks of a descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LOAD_H
#define FCI_LOAD_H

#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include <stdbool.h>

/* The descriptor in the module file `path`, as it lies there.  NULL, and *error says why.  Thread-safe. */
const fmtconv_plugin *fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name,
                                       const char **error);

/* The normalized copy of a descriptor from a file called `name`.so.  NULL, and *error says why it is
 * refused. */
const fmtconv_plugin *fci_descriptor_check (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name,
                                            const char **error);

#endif
