/* core/plugin/no-modules.c: takes the place of module.c in a static program, which cannot load modules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plugin/module.h"

const fmtconv_plugin *
fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name, const char **error)
{
  (void) ctx, (void) path, (void) name;
  *error = "this fmtconv is a static program: it cannot load plugins, and uses those that are built in";
  return NULL;
}
