/* core/zip/scratch.h: the folder of temporary files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_SCRATCH_H
#define FCI_ZIP_SCRATCH_H

#include <fmtconv/types.h>

/* Sets the folder for temporary files (referenced), unless an earlier call set it. */
void fci_scratch_use (fmtconv_ctx *ctx, const char *folder);

/* Returns that folder, or TMPDIR, or "/tmp". */
const char *fci_scratch_folder (const fmtconv_ctx *ctx);

#endif
