/* core/exec/publish/stale.h: older files that an output replaces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_STALE_H
#define FCI_EXEC_PUBLISH_STALE_H

#include "core/exec/publish/publication.h"

/* An older file that the output replaces. */
typedef struct fci_old_file
{
  struct fci_old_file *next;
  const char *within; /* "" or "vae/" */
  const char *name;
  int folder; /* descriptor of `within`, once the output's folders are open; -1: goes with the replaced folder */
  const char *path; /* of that folder */
} fci_old_file;

/* Returns whether the output creates a file `name` in its folder `within` ("" or "vae/"). */
bool fci_layout_has (const fmtconv_layout *layout, const char *within, const char *name);

/* Returns whether the output removes a file of that name as an older one. */
bool fci_layout_is_stale (const fmtconv_layout *layout, const char *within, const char *name);

/* Sets *list to the older files in the open folder `top` (-1: it does not exist).  Returns 0 or a code. */
int fci_stale_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path,
                    fci_old_file **list);

/* Returns 0, or a code if there are older files (without FORCE), or if one is an input or not a file. */
int fci_stale_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path);

/* Sets publication->old to the older files that FORCE removes.  Returns 0 or a code. */
int fci_stale_list (fci_publication *publication);

/* Removes the older files, and notes how many; what cannot be removed is noted too, and a manifest that stays. */
void fci_stale_remove (const fci_publication *publication);

#endif
