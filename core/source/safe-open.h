/* core/source/safe-open.h: opening a name in a folder without being led out of it by a link.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_SAFE_OPEN_H
#define FCI_SOURCE_SAFE_OPEN_H

#include <fmtconv/types.h>

/* `name`, one plain component, in `folder`, without following a link out of folder->top.
 * A descriptor, or -1 and errno: EXDEV where a link leads out. */
int fci_open_in_folder (const fmtconv_input *folder, const char *name, int flags);

/* The path of an open descriptor without links, in the arena; NULL: not known. */
const char *fci_real_path (fmtconv_ctx *ctx, int fd);

#endif
