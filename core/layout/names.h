/* core/layout/names.h: layouts begun and closed, and the names of their files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_NAMES_H
#define FCI_LAYOUT_NAMES_H

#include "core/layout/layout.h"

/* An empty layout for an output of that base name. */
fmtconv_layout *fci_layout_new (fmtconv_ctx *ctx, const char *target);

/* The same for an output that is a folder. */
fmtconv_layout *fci_layout_new_folder (fmtconv_ctx *ctx, const char *target);

/* What fmtconv_layout_write changes while another writer is at work. */
typedef struct fci_layout_scope
{
  const char *target;
  const char *within;
  bool is_inner;
} fci_layout_scope;

/* Make `name` the target, until it is left.  0 or a code. */
int fci_layout_enter (fmtconv_layout *layout, const char *name, fci_layout_scope *saved);
void fci_layout_leave (fmtconv_layout *layout, const fci_layout_scope *saved);

/* Close it: at least one file, distinct names, none of them a folder of another. */
int fci_layout_freeze (fmtconv_layout *layout);

#endif
