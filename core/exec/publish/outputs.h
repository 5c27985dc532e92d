/* core/exec/publish/outputs.h: what layouts become, and that several do not meet.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_OUTPUTS_H
#define FCI_EXEC_PUBLISH_OUTPUTS_H

#include "core/layout/layout.h"

/* What a layout becomes. */
typedef struct fci_output
{
  const fmtconv_layout *layout;
  const char *path; /* of OUTPUT; of a folder without a slash at the end */
} fci_output;

/* Refuse several outputs that meet: two of one path, one inside the folder of another, files of one name, older files of
 * one that another writes, no room for all of them together.  0 or a code. */
int fci_outputs_check (fmtconv_ctx *ctx, const fci_output *outputs, size_t n);

#endif
