/* core/plugin/descriptor.h: checks a plugin's descriptor and copies it to this ABI's size.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_DESCRIPTOR_H
#define FCI_PLUGIN_DESCRIPTOR_H

#include <fmtconv/plugin.h>

/* Returns the normalized copy of a descriptor from the file `name`.so.  NULL: it is refused, and *error is
 * the reason. */
const fmtconv_plugin *fci_descriptor_check (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name,
                                            const char **error);

#endif
