/* core/source/input.h: inputs that a user names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_INPUT_H
#define FCI_SOURCE_INPUT_H

#include "core/source/stored.h"
#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Opens a path that the user typed: follows links; refuses "-" and special files with the reason. NULL: an
 * error. */
fmtconv_input *fci_input_user (fmtconv_ctx *ctx, const char *path);

/* Returns the i-th input of the user, newest first; NULL at the end. */
fmtconv_input *fci_input_typed (fmtconv_ctx *ctx, size_t i);

/* Returns n bytes inside of the program (referenced, not copied) as an input; path: what messages call it. NULL: an
 * error. */
fmtconv_input *fci_input_memory (fmtconv_ctx *ctx, const char *path, const void *bytes, size_t n);

/* Opens one of fmtconv's own files, or a folder of them, under another base name: --verify reads the temporary file as
 * its target.
 *   stored  the other files, which are found next to it or below it under their final names
 *   within  the folder of `base` among those names, or that folder itself: "" or "vae/" */
fmtconv_input *fci_input_alias (fmtconv_ctx *ctx, const char *path, const char *base,
                                const fci_stored_files *stored, const char *within);

/* Returns whether the user named the input. Otherwise a reader found it next to or below a named input. */
bool fci_input_is_named (const fmtconv_input *in);

/* Returns whether the folder that holds the input was opened: by a reader that looked for other files there, if the
 * user named the input. */
bool fci_input_has_parent (const fmtconv_input *in);

/* Returns the open descriptor `fd`, which the call takes over, as an input; base: NULL for the last
 * component of path. Refuses everything except regular files and folders with `code`. */
fmtconv_input *fci_input_fd (fmtconv_ctx *ctx, int code, int fd, const char *path, const char *base);

#endif
