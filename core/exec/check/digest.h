/* core/exec/check/digest.h: writes the digests of regions to the files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_DIGEST_H
#define FCI_EXEC_CHECK_DIGEST_H

#include "core/exec/worker/worker.h"

/* Writes the digests to the files, after all other bytes were written.  Returns 0 or a code. */
int fci_fill_digests (fci_pool *pool);

/* Compares the digests in the files with them.  Returns 0 or a code. */
int fci_verify_digests (fci_pool *pool);

#endif
