/* core/convert/detect.h: detects the reader of an input and the writer of an output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_DETECT_H
#define FCI_CONVERT_DETECT_H

#include "core/plugin/registry.h"

/* Returns the number of bits of the peeked data that the reader verified; 0 if it does not recognize them. */
int fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek);

/* Do the same among n modules, loading those that can be meant; the functions below use all modules of the context. */
const fmtconv_plugin *fci_pick_reader (fmtconv_ctx *ctx, fci_module *modules, size_t n,
                                       const fmtconv_peek *peek);
const fmtconv_plugin *fci_pick_writer (fmtconv_ctx *ctx, fci_module *modules, size_t n, const char *output);

/* Returns whether the module's writer has a suffix of that name.  A module that the index knows is not loaded for it. */
bool fci_module_writes (fmtconv_ctx *ctx, fci_module *module, const char *name);

/* Returns the reader with the highest bid. Fails, and returns NULL, if no reader bids, if two readers share the
 * highest bid, or if a reader bids it that is known, but not installed. */
const fmtconv_plugin *fci_detect_reader (fmtconv_ctx *ctx, fmtconv_input *in);

/* Returns the writer whose suffixes match the output's name; a folder name ends in '/'. Returns NULL on
 * error. */
const fmtconv_plugin *fci_detect_writer (fmtconv_ctx *ctx, const char *output);

#endif
