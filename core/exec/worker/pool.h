/* core/exec/worker/pool.h: a pool of threads that process units.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_POOL_H
#define FCI_EXEC_WORKER_POOL_H

#include "core/exec/worker/worker.h"

/* Allocates the workers and the scratch of the plan.  Returns 0 or a code. */
int fci_pool_open (fci_pool *pool);

/* Frees the workers and their scratch. */
void fci_pool_close (fci_pool *pool);

/* Creates a lock for each of n output files.  Returns 0 or a code. */
int fci_pool_lock_files (fci_pool *pool, size_t n);

/* Grows the kernel scratch of each worker to at least `size` bytes.  Returns 0 or a code. */
int fci_pool_alloc_rows (fci_pool *pool, size_t size);

/* Divides each worker's scratch into the plan's number of equal buffers: out, in, dense, f32_rows; verify:
 * and `other`. */
void fci_pool_share_scratch (fci_pool *pool, bool verify);

/* Runs units 0 … n_units-1 on all workers and reports progress.  Returns 0, or the error of the lowest unit
 * that failed. */
int fci_pool_run (fci_pool *pool, fci_job *job, const void *arg, size_t n_units);

/* Reports the current progress: at the start and at the end of a run, and during other long work. */
void fci_pool_progress (const fci_pool *pool);

#endif
