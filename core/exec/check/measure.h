/* core/exec/check/measure.h: finds the largest absolute values of views' blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_MEASURE_H
#define FCI_EXEC_CHECK_MEASURE_H

#include "core/exec/worker/worker.h"

/* Bytes of elements that are measured. */
uint64_t fci_measured_bytes (const fci_plan *plan);

/* Measure what the plan says: sources of measured values have their bytes from now on. */
int fci_measure_all (fci_pool *pool);

#endif
