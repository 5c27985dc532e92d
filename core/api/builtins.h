/* core/api/builtins.h: the built-in plugins, which need the conversion itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_BUILTINS_H
#define FCI_API_BUILTINS_H

#include <fmtconv/plugin.h>

/* Descriptors of the built-in plugins, ending with NULL. */
extern const fmtconv_plugin *const fci_builtins[];

#endif
