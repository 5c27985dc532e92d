/* core/exec/publish/folders.h: the folders in which a publication changes files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_FOLDERS_H
#define FCI_EXEC_PUBLISH_FOLDERS_H

#include <fmtconv/types.h>

/* Calls `found` with paths of folders: the one that holds the output, the output itself if it is an existing folder, and
 * those where files wait for the end of an interrupted conversion to it.  Paths may be named twice, or not exist.
 * Returns 0 or a code. */
int fci_publish_folders (fmtconv_ctx *ctx, const char *output, void (*found) (void *arg, const char *path),
                         void *arg);

#endif
