/* core/exec/worker/fault.h: records faults of workers, and reports them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_FAULT_H
#define FCI_EXEC_WORKER_FAULT_H

#include "core/exec/worker/worker.h"

/* Set worker->fault.  Return -1. */
int fci_fault_read (fci_worker *worker, const fmtconv_source *source, int error);
int fci_fault_write (fci_worker *worker, uint32_t file, int error);
int fci_fault_reread (fci_worker *worker, uint32_t file, int error);
int fci_fault_code (fci_worker *worker, int code);

/* Records the pool's fault on the context.  Returns its code. */
int fci_fault_report (const fci_pool *pool);

#endif
