/* core/plugin/missing.h: errors for plugins that a conversion needs, and that are not installed or refused.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_MISSING_H
#define FCI_PLUGIN_MISSING_H

#include "core/plugin/registry.h"

/* Returns "PATH: reason" of a module that was refused; a reason that has the path already is not given it twice. */
const char *fci_missing_reason (fmtconv_ctx *ctx, const fci_module *module);

/* Returns " (not installed: package PACKAGE)" for a list; "" if the module can be loaded. */
const char *fci_missing_mark (fmtconv_ctx *ctx, fci_module *module);

/* Fails for a module that is not installed, or refused.  file: the input, or NULL.  role: what it is needed for: "which
 * reads this file".  otherwise: what to type to go on without it.  Returns the code. */
int fci_missing_fail (fmtconv_ctx *ctx, const fci_module *module, const char *file, const char *role,
                      const char *otherwise);

/* Fails if one of the modules that may have the role is refused and the index does not know it, since nobody can know what
 * it would have done.  otherwise: as above.  Returns 0 or the code. */
int fci_missing_check_refused (fmtconv_ctx *ctx, fci_module *modules, size_t n, fci_role role,
                               const char *otherwise);

/* Warns, once, of a module that is refused without being loaded and takes no part in the conversion. */
void fci_missing_note_unused (fmtconv_ctx *ctx, fci_module *module);

#endif
