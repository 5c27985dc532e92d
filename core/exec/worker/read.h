/* core/exec/worker/read.h: how workers read sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_READ_H
#define FCI_EXEC_WORKER_READ_H

#include "core/exec/worker/worker.h"

/* fci_io.read with the fault set; and with a checksum piece noted where the source has one. */
int fci_worker_read (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n);
int fci_worker_read_checked (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                             size_t n);

/* Are these bytes, when they are read, a piece of a checksum?  Those in the window were one already. */
bool fci_worker_checks (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint64_t n);

/* Read what the group of that number needs into the window, from which then all reads within it are served; no
 * checksum piece is noted again. */
int fci_worker_fill (fci_worker *worker, size_t number);

/* The bytes in the window, as long as the group is worked on; NULL: not all of them are there. */
const uint8_t *fci_worker_peek (const fci_worker *worker, const fmtconv_source *source, uint64_t offset,
                                uint64_t n);

#endif
