/* core/exec/worker/write.h: writes of workers, with checksums.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WRITE_H
#define FCI_EXEC_WORKER_WRITE_H

#include "core/exec/worker/worker.h"

/* Begins and ends a series of writes to a file.  Memory needs no lock, as units have their own bytes of it, nor does a
 * comparison. */
void fci_worker_lock (fci_worker *worker, uint32_t file);
void fci_worker_unlock (fci_worker *worker, uint32_t file);

/* Writes n bytes at `at` of a file, or compares them with those of an existing one; the caller has the file's lock.  Returns 0, or -1 with the fault set. */
int fci_worker_write (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at);

/* Records the checksum of n bytes from `at` of a file, part of a region with a digest.  Returns 0, or -1 with
 * the fault set. */
int fci_note_written (fci_worker *worker, uint32_t region, uint64_t at, uint64_t n, uint32_t crc);

#endif
