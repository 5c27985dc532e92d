/* core/plugin/other-core.h: notices a module that brings a second copy of the core.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_OTHER_CORE_H
#define FCI_PLUGIN_OTHER_CORE_H

#include <fmtconv/types.h>

/* Returns the reason why a module calls another copy of the core than this one; NULL: it calls this one.  found: the address
 * of fmtconv_version in the module and the libraries that it needs; NULL: they do not define it.  Contexts of one copy mean
 * nothing to another. */
const char *fci_other_core (fmtconv_ctx *ctx, void *found);

#endif
