/* core/convert/shell.h: words of a command line, as a shell reads them back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_SHELL_H
#define FCI_CONVERT_SHELL_H

#include <fmtconv/types.h>

/* One word of a command line, quoted if a shell needs that. */
const char *fci_shell_word (fmtconv_ctx *ctx, const char *word);

/* A path as an operand, so that it is not taken for an option. */
const char *fci_shell_path (fmtconv_ctx *ctx, const char *path);

#endif
