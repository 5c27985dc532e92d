/* core/exec/check/crc.h: checksums of sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_CRC_H
#define FCI_EXEC_CHECK_CRC_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Compare the checksums of the sources that were read from end to end. */
int fci_check_crcs (fci_pool *pool, fci_outcome *outcome);

#endif
