/* core/base/presence.h: looks whether a file is there; a call that fails is not an absence.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_PRESENCE_H
#define FCI_BASE_PRESENCE_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Returns whether an errno says that there is no such file: ENOENT and ENOTDIR only.  Any other error leaves that open. */
bool fci_is_absent (int os_errno);

/* Looks at a path, through links, and fills *st if a file is there.  Returns whether it is; false also after an error, E_IO,
 * which is recorded then. */
bool fci_path_exists (fmtconv_ctx *ctx, const char *path, struct stat *st);

/* Looks at a name in an open folder the same way; `path` is for messages. */
bool fci_entry_exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st);

/* Looks at a name in an open folder itself: a link is not followed. */
bool fci_name_exists (fmtconv_ctx *ctx, int folder, const char *name, const char *path, struct stat *st);

/* Returns whether a folder has that path; false also after an error, E_IO, which is recorded then. */
bool fci_folder_exists (fmtconv_ctx *ctx, const char *path);

#endif
