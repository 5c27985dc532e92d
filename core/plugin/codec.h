/* core/plugin/codec.h: checks the block types of a plugin, and adds them to those of the process.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_CODEC_H
#define FCI_PLUGIN_CODEC_H

#include <fmtconv/plugin.h>

/* Returns a copy of a codec whose types have the size that this library knows.  NULL: *error is why it is refused, or
 * NULL after lack of memory. */
const fmtconv_block_codec *fci_codec_check (fmtconv_ctx *ctx, const fmtconv_block_codec *given,
                                            const char **error);

/* Adds the types of a checked plugin, which may have no codec, to those of the process.  Returns NULL, or why the plugin
 * is refused. */
const char *fci_codec_add (fmtconv_ctx *ctx, const fmtconv_plugin *plugin);

/* Returns the types of a codec as text, "iq4_k=139 other", for comparisons; "": it is NULL. */
const char *fci_codec_text (fmtconv_ctx *ctx, const fmtconv_block_codec *codec);

#endif
