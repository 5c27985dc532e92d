/* core/exec/worker/worker.h: workers take units until there are none.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WORKER_H
#define FCI_EXEC_WORKER_WORKER_H

#include "core/exec/worker/types.h"

/* Workers and all the scratch that the plan says. */
int fci_work_open (fci_work *work);
void fci_work_close (fci_work *work);

/* A lock for each of n output files.  0 or a code. */
int fci_work_files (fci_work *work, size_t n);

/* At least `size` bytes for the kernels of each worker. */
int fci_work_rows (fci_work *work, size_t size);

/* Share each worker's scratch out over as many equal buffers as the plan has: out, in, dense, flat; verify: and
 * one more, `other`. */
void fci_work_share (fci_work *work, bool verify);

/* Run units 0 … n-1 on all workers, reporting progress.  0, or the error of the lowest unit that failed. */
int fci_work_run (fci_work *work, fci_job *job, const void *arg, size_t n_units);

/* The same progress report at the end, or while something else takes its time. */
void fci_work_progress (const fci_work *work);

#endif
