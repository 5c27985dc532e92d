/* core/exec/publish/outputs.h: checks that several outputs do not overlap.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_OUTPUTS_H
#define FCI_EXEC_PUBLISH_OUTPUTS_H

#include "core/layout/layout.h"

/* A layout and the path of its output. */
typedef struct fci_output
{
  const fmtconv_layout *layout;
  const char *path; /* of OUTPUT; a folder: without a trailing slash */
} fci_output;

/* Returns 0, or a code if two outputs have one path, one is inside the folder of another, two would write one
 * file, one would remove a file of another, or if the file system cannot hold all of them. */
int fci_outputs_check (fmtconv_ctx *ctx, const fci_output *outputs, size_t n);

#endif
