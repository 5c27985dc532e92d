/* core/exec/check/finite.h: the fault of measured values that are not finite.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_FINITE_H
#define FCI_EXEC_CHECK_FINITE_H

#include "core/exec/worker/worker.h"

/* Sets the fault for the first of n values (elements from `first`) that is not finite.  Returns -1. */
int fci_fault_at_value (fci_worker *worker, const fci_rows *rows, const float *values, size_t n,
                        uint64_t first);

#endif
