/* core/convert/detect.h: detects the reader of an input and the writer of an output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_DETECT_H
#define FCI_CONVERT_DETECT_H

#include "core/plugin/registry.h"

/* Returns the number of bits of the peeked data that the reader verified; 0 if it does not recognize them. */
int fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek);

/* Returns whether the name ends in one of the space-separated suffixes (".npy .npz"), ignoring case. */
bool fci_has_suffix (const char *name, const char *suffixes);

/* Do the same among n modules; the functions below use all modules of the context. */
const fmtconv_plugin *fci_pick_reader (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const fmtconv_peek *peek);
const fmtconv_plugin *fci_pick_writer (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const char *output);

/* Returns the reader with the highest bid. Fails, and returns NULL, if no reader bids or two readers share
 * the highest bid. */
const fmtconv_plugin *fci_detect_reader (fmtconv_ctx *ctx, fmtconv_input *in);

/* Returns the writer whose suffixes match the output's name; a folder name ends in '/'. Returns NULL on
 * error. */
const fmtconv_plugin *fci_detect_writer (fmtconv_ctx *ctx, const char *output);

#endif
