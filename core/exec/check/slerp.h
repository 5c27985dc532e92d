/* core/exec/check/slerp.h: measures the weights of spherical interpolations.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_SLERP_H
#define FCI_EXEC_CHECK_SLERP_H

#include "core/exec/worker/worker.h"

/* Measures the weights of all interpolations of the plan.  Returns 0 or a code. */
int fci_measure_slerp (fci_pool *pool);

#endif
