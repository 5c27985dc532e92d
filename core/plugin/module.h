/* core/plugin/module.h: opens one module file with libltdl and finds its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_MODULE_H
#define FCI_PLUGIN_MODULE_H

#include "core/plugin/registry.h"

/* Returns the descriptor in the module file `path`, not yet checked.  NULL: *error is the reason, or a failure of the system
 * was recorded: it says nothing about the module.
 * Thread-safe. */
const fmtconv_plugin *fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name,
                                       const char **error);

#endif
