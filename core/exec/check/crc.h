/* core/exec/check/crc.h: compares the checksums of sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_CRC_H
#define FCI_EXEC_CHECK_CRC_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Compares the checksums of sources that were read completely.  Returns 0 or a code. */
int fci_check_crcs (fci_pool *pool, fci_outcome *outcome);

#endif
