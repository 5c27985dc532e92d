/* core/convert/edit.h: changes names and keys of a file, and leaves its tensors' bytes as they are.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_EDIT_H
#define FCI_CONVERT_EDIT_H

#include "core/convert/link.h"
#include "core/exec/check/outcome.h"
#include "core/exec/patch.h"
#include "core/layout/layout.h"
#include "core/plan/plan.h"

typedef enum fci_edit_way
{
  FCI_EDIT_NOTHING, /* the file has these names and keys already */
  FCI_EDIT_IN_PLACE,
  FCI_EDIT_REPLACED
} fci_edit_way;

typedef struct fci_edit
{
  fmtconv_ctx *ctx;
  const char *path; /* of the file, without links */
  const fmtconv_change *changes;
  size_t n; /* changes */
  fci_link reader;
  fmtconv_input *input;
  fmtconv_layout *layout;
  fci_edit_way way;
  fci_patch patch;
  fci_plan *plan; /* REPLACED */
  fci_outcome outcome;
} fci_edit;

/* Returns the path of the file that a path names, through links; NULL: an error. */
const char *fci_edit_path (fmtconv_ctx *ctx, const char *path);

/* Makes the changes, or with DRY_RUN only says how.  ctx, path, changes and n are given.  Returns 0 or a code. */
int fci_edit_run (fci_edit *edit);

#endif
