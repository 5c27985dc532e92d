/* core/exec/prepare.h: opens the workers of an execution.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PREPARE_H
#define FCI_EXEC_PREPARE_H

#include "core/exec/worker/worker.h"

/* Allocates the tallies of a plan, opens its workers with their scratch.  io: NULL: the operating system's.  Returns 0 or a
 * code; fci_pool_close is to be called in each case. */
int fci_pool_prepare (fci_pool *pool, const fci_plan *plan, const struct fci_io *io);

#endif
