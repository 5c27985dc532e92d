/* core/zip/scratch.h: unnamed temporary files, and the folder that holds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_SCRATCH_H
#define FCI_ZIP_SCRATCH_H

#include <fmtconv/types.h>

/* Sets the folder for temporary files (referenced), unless an earlier call set it. */
void fci_scratch_use (fmtconv_ctx *ctx, const char *folder);

/* Returns that folder, or TMPDIR, or "/tmp". */
const char *fci_scratch_folder (const fmtconv_ctx *ctx);

/* Returns a descriptor of a new unnamed file in the folder; -1: errno is set. */
int fci_scratch_open (fmtconv_ctx *ctx, const char *folder);

#endif
