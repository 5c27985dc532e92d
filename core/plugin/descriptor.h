/* core/plugin/descriptor.h: checks a plugin's descriptor and copies it to our own size.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_DESCRIPTOR_H
#define FCI_PLUGIN_DESCRIPTOR_H

#include <fmtconv/plugin.h>

/* The normalized copy of a descriptor from a file called `name`.so.  NULL, and *error says why it is
 * refused. */
const fmtconv_plugin *fci_descriptor_check (fmtconv_ctx *ctx, const fmtconv_plugin *given, const char *name,
                                            const char **error);

#endif
