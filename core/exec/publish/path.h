/* core/exec/publish/path.h: paths of outputs, and the folders that they lead to.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PATH_H
#define FCI_EXEC_PUBLISH_PATH_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* The path of a file in a folder. */
const char *fci_path_join (fmtconv_ctx *ctx, const char *folder, const char *name);

/* The folder of OUTPUT, and the descriptor of it (-1: an error was recorded). */
const char *fci_output_folder (fmtconv_ctx *ctx, const char *output);
int fci_open_folder (fmtconv_ctx *ctx, const char *folder);

/* Does OUTPUT, a folder, exist? */
bool fci_output_exists (const char *output);

#endif
