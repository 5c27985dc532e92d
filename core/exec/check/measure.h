/* core/exec/check/measure.h: performs the measurements of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_MEASURE_H
#define FCI_EXEC_CHECK_MEASURE_H

#include "core/exec/worker/worker.h"

/* Returns the bytes of elements that the plan measures. */
uint64_t fci_measured_bytes (const fci_plan *plan);

/* Performs the measurements of the plan, and fills the sources of measured values.  Returns 0 or a code. */
int fci_measure_all (fci_pool *pool);

#endif
