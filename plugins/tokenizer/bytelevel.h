/* plugins/tokenizer/bytelevel.h: the characters that stand for bytes in byte-level BPE.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_BYTELEVEL_H
#define TOKENIZER_BYTELEVEL_H

#include <fmtconv/formats.h>

/* Returns the text that the decoder of a byte-level BPE makes of one token: the bytes that its characters stand for, with
 * U+FFFD in place of what is not UTF-8; the token itself if one of its characters stands for no byte.  NULL: an error. */
const char *tokenizer_decode_bytes (fmtconv_ctx *ctx, const char *text);

#endif
