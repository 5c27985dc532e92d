/* core/exec/check/hold.h: computes norms of rows, and values that are held.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_HOLD_H
#define FCI_EXEC_CHECK_HOLD_H

#include "core/exec/worker/worker.h"

/* Computes all norms and held values of the plan.  Returns 0 or a code. */
int fci_measure_held (fci_pool *pool);

#endif
