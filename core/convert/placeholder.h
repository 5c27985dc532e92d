/* core/convert/placeholder.h: refuses files that stand in for a checkpoint: empty files, LFS pointers, web pages.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PLACEHOLDER_H
#define FCI_CONVERT_PLACEHOLDER_H

#include <fmtconv/plugin.h>

/* Fails if the file is empty, a Git LFS pointer or a web page. Returns 0 or an error code. */
int fci_refuse_placeholder (fmtconv_ctx *ctx, const fmtconv_peek *peek);

#endif
