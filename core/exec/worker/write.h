/* core/exec/worker/write.h: how workers write bytes of files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WRITE_H
#define FCI_EXEC_WORKER_WRITE_H

#include "core/exec/worker/worker.h"

/* n bytes from `at` of a file, which no other worker writes now. */
int fci_worker_write (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at);

/* The checksum of n bytes from `at` of a file that belong to a region with a digest. */
int fci_note_written (fci_worker *worker, uint32_t region, uint64_t at, uint64_t n, uint32_t crc);

#endif
