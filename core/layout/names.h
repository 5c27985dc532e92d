/* core/layout/names.h: creates layouts, and the files in them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_NAMES_H
#define FCI_LAYOUT_NAMES_H

#include "core/layout/layout.h"

/* Returns an empty layout for an output file with the base name `target`.  NULL: an error was recorded. */
fmtconv_layout *fci_layout_new (fmtconv_ctx *ctx, const char *target);

/* Returns an empty layout for an output folder. */
fmtconv_layout *fci_layout_new_folder (fmtconv_ctx *ctx, const char *target);

/* Fields of a layout that fmtconv_layout_write saves while an inner writer runs. */
typedef struct fci_layout_scope
{
  const char *target;
  const char *within;
  bool is_inner;
} fci_layout_scope;

/* Makes `name` the target until fci_layout_leave.  Returns 0 or a code. */
int fci_layout_enter (fmtconv_layout *layout, const char *name, fci_layout_scope *saved);
void fci_layout_leave (fmtconv_layout *layout, const fci_layout_scope *saved);

/* Returns whether the layout has a file of that name, with its folders. */
bool fci_layout_has_file (const fmtconv_layout *layout, const char *name);

#endif
