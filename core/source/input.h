/* core/source/input.h: the inputs a user names, and what a probe may see of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_INPUT_H
#define FCI_SOURCE_INPUT_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

/* A path the user typed: links are followed, "-" and special files are refused with the reason. */
fmtconv_input *fci_input_user (fmtconv_ctx *ctx, const char *path);

/* The i-th of those; NULL at the end. */
fmtconv_input *fci_input_typed (fmtconv_ctx *ctx, size_t i);

/* A file of ours under another base name: the temporary that --verify reads again as its target. */
fmtconv_input *fci_input_alias (fmtconv_ctx *ctx, const char *path, const char *base);

/* Did the user name it, or a file that he named?  Else a reader found it beside or beneath what he did. */
bool fci_input_is_named (const fmtconv_input *in);

/* What was opened as `fd` (owned from now on) as an input; base: NULL for the last component of path.
 * Everything but regular files and folders is refused with `code`. */
fmtconv_input *fci_input_fd (fmtconv_ctx *ctx, int code, int fd, const char *path, const char *base);

#endif
