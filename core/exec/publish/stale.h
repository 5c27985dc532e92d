/* core/exec/publish/stale.h: older files that an output replaces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_STALE_H
#define FCI_EXEC_PUBLISH_STALE_H

#include "core/exec/publish/publication.h"

/* An older file that the output replaces. */
typedef struct fci_old_file
{
  struct fci_old_file *next;
  const char *folder; /* "" or "vae/" */
  const char *name;
} fci_old_file;

/* Sets *list to the older files in the open folder `top` (-1: it does not exist).  Returns 0 or a code. */
int fci_stale_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path,
                    fci_old_file **list);

/* Returns 0, or a code if there are older files (without FORCE), or if one is an input or not a file. */
int fci_stale_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path);

/* Removes the older files. */
void fci_stale_remove (const fci_publication *publication);

#endif
