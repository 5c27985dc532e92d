/* core/exec/worker/cache.h: a conversion larger than the memory does not fill the page cache.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_CACHE_H
#define FCI_EXEC_WORKER_CACHE_H

#include "core/exec/worker/worker.h"

/* Decides whether what is read and written is to leave the memory of the system: before the workers begin.  bytes: of both.
 * Smaller conversions leave their files there, for the program that comes next. */
void fci_cache_start (fci_pool *pool, uint64_t bytes);

/* Tells that `done` bytes of the output are written.  From time to time, the files leave the memory of the system.
 * Thread: any. */
void fci_cache_pass (fci_pool *pool, uint64_t done);

#endif
