/* core/exec/worker/read.h: reads of sources by workers, with checksums and windows.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_READ_H
#define FCI_EXEC_WORKER_READ_H

#include "core/exec/worker/worker.h"

/* Reads n bytes of a source.  Returns 0, or -1 with the fault set. */
int fci_worker_read (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* Reads as fci_worker_read does, and records the checksum of the range if the source has one. */
int fci_worker_read_checked (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                             size_t n);

/* Returns whether reading these bytes records a checksum; bytes in the window were recorded before. */
bool fci_worker_checks (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint64_t n);

/* Reads the source ranges of group `number` into the window, which serves all later reads within it without
 * recording a checksum again.  Returns 0, or -1 with the fault set. */
int fci_worker_fill (fci_worker *worker, size_t number);

/* Returns the bytes in the window, valid until the next group; NULL: the window does not have all of them. */
const uint8_t *fci_worker_peek (const fci_worker *worker, const fmtconv_source *source, uint64_t offset,
                                uint64_t n);

#endif
