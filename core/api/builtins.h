/* core/api/builtins.h: the built-in plugins, which need the conversion itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_BUILTINS_H
#define FCI_API_BUILTINS_H

#include <fmtconv/plugin.h>

/* Their descriptors, up to NULL: what needs the conversion cannot be a module. */
extern const fmtconv_plugin *const fci_builtins[];

#endif
