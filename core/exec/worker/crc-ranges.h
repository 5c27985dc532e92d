/* core/exec/worker/crc-ranges.h: checksums of the ranges that workers read or wrote.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_CRC_RANGES_H
#define FCI_EXEC_WORKER_CRC_RANGES_H

#include "core/exec/worker/worker.h"

/* Appends a range to a list of the worker.  Returns 0, or -1 with the fault set. */
int fci_crc_range_add (fci_worker *worker, fci_crc_ranges *pieces, fci_crc_range piece);

/* Collects the ranges that all workers wrote, or read, sorted.  Returns 0 or a code. */
int fci_crc_ranges_collect (const fci_pool *pool, bool written, fci_crc_ranges *all);

#endif
