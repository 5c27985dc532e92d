/* core/zip/scratch.h: temporary files without a name, and the folder that they take room in.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_SCRATCH_H
#define FCI_ZIP_SCRATCH_H

#include <fmtconv/types.h>

/* Puts temporary files into that folder (referenced), unless an earlier call named one. */
void fci_scratch_use (fmtconv_ctx *ctx, const char *folder);

/* Returns the folder that was named, or TMPDIR, or "/tmp". */
const char *fci_scratch_folder (const fmtconv_ctx *ctx);

/* Returns a descriptor of a new file without a name in the folder; -1: errno says why there is none. */
int fci_scratch_open (fmtconv_ctx *ctx, const char *folder);

#endif
