/* core/exec/check/stamps.h: puts checksums of 4 bytes into written files, those near each other at once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_STAMPS_H
#define FCI_EXEC_CHECK_STAMPS_H

#include "core/exec/worker/worker.h"

/* Checksums that wait for those after them. */
typedef struct fci_stamps fci_stamps;

/* Returns an empty set for the files of a pool whose workers have ended; the caller frees it with free().  compares: with what the
 * files hold, instead of writing.  NULL: out of memory, which was recorded. */
fci_stamps *fci_stamps_new (fci_pool *pool, bool compares);

/* Adds the checksum for bytes `at` to at + 3 of a file; files and offsets ascend.  Returns 0 or a code. */
int fci_stamps_put (fci_stamps *stamps, uint32_t file, uint64_t at, uint32_t crc);

/* Writes or compares those that wait.  Returns 0 or a code. */
int fci_stamps_flush (fci_stamps *stamps);

#endif
