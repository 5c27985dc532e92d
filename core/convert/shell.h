/* core/convert/shell.h: quotes words of a command line for a shell.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_SHELL_H
#define FCI_CONVERT_SHELL_H

#include <fmtconv/types.h>

/* Returns a word of a command line, quoted if a shell requires it. */
const char *fci_shell_word (fmtconv_ctx *ctx, const char *word);

/* Returns a path as an operand that is not mistaken for an option. */
const char *fci_shell_path (fmtconv_ctx *ctx, const char *path);

#endif
