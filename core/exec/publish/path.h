/* core/exec/publish/path.h: paths and folders of outputs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PATH_H
#define FCI_EXEC_PUBLISH_PATH_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Returns the path of a file in a folder. */
const char *fci_path_join (fmtconv_ctx *ctx, const char *folder, const char *name);

/* Returns the path of the folder that contains OUTPUT. */
const char *fci_output_folder (fmtconv_ctx *ctx, const char *output);

/* Opens a folder.  Returns a descriptor; -1: an error was recorded. */
int fci_open_folder (fmtconv_ctx *ctx, const char *folder);

#endif
