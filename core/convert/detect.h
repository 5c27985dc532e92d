/* core/convert/detect.h: which reader and writer a path asks for.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_DETECT_H
#define FCI_CONVERT_DETECT_H

#include "core/plugin/registry.h"

/* Bits of what was peeked at that the reader verified; 0: not its own. */
int fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek);

/* Does the name end in one of the suffixes (".npy .npz"), in any case? */
bool fci_has_suffix (const char *name, const char *suffixes);

/* The same among n modules; the functions below take all modules of the context. */
const fmtconv_plugin *fci_pick_reader (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const fmtconv_peek *peek);
const fmtconv_plugin *fci_pick_writer (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const char *output);

/* The reader with the highest bid.  No bid, or two equal best ones: an error naming them. */
const fmtconv_plugin *fci_detect_reader (fmtconv_ctx *ctx, fmtconv_input *in);

/* The writer whose suffixes the output's name has; that of a folder ends in '/'. */
const fmtconv_plugin *fci_detect_writer (fmtconv_ctx *ctx, const char *output);

#endif
