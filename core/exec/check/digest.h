/* core/exec/check/digest.h: digests of regions, into the files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_DIGEST_H
#define FCI_EXEC_CHECK_DIGEST_H

#include "core/exec/worker/worker.h"

/* Write the digests into the files, when all other bytes are there. */
int fci_fill_digests (fci_pool *pool);

#endif
