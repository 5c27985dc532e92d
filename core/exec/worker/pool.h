/* core/exec/worker/pool.h: workers take units until there are none.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_POOL_H
#define FCI_EXEC_WORKER_POOL_H

#include "core/exec/worker/worker.h"

/* Workers and all the scratch that the plan says. */
int fci_pool_open (fci_pool *pool);
void fci_pool_close (fci_pool *pool);

/* A lock for each of n output files.  0 or a code. */
int fci_pool_lock_files (fci_pool *pool, size_t n);

/* At least `size` bytes for the kernels of each worker. */
int fci_pool_alloc_rows (fci_pool *pool, size_t size);

/* Share each worker's scratch out over as many equal buffers as the plan has: out, in, dense, flat; verify: and
 * one more, `other`. */
void fci_pool_share_scratch (fci_pool *pool, bool verify);

/* Run units 0 … n-1 on all workers, reporting progress.  0, or the error of the lowest unit that failed. */
int fci_pool_run (fci_pool *pool, fci_job *job, const void *arg, size_t n_units);

/* The same progress report at the end, or while something else takes its time. */
void fci_pool_progress (const fci_pool *pool);

#endif
