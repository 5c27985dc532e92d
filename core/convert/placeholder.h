/* core/convert/placeholder.h: files that are found where a checkpoint should be, and hold none of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PLACEHOLDER_H
#define FCI_CONVERT_PLACEHOLDER_H

#include <fmtconv/plugin.h>

/* 0, or an error that says what the file is: empty, a pointer of Git LFS, a web page. */
int fci_refuse_placeholder (fmtconv_ctx *ctx, const fmtconv_peek *peek);

#endif
