/* core/plugin/codec-find.h: finds and loads the plugins that have a block type.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_CODEC_FIND_H
#define FCI_PLUGIN_CODEC_FIND_H

#include <fmtconv/plugin.h>

/* Loads the plugins that have a type, by the index, and those that the index does not know: fci_block_type_loader. */
int fci_codec_load (fmtconv_ctx *ctx, const char *name, uint32_t gguf);

#endif
