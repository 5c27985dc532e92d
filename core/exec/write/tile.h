/* core/exec/write/tile.h: writes a row panel of a transposed matrix.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WRITE_TILE_H
#define FCI_EXEC_WRITE_TILE_H

#include "core/exec/worker/worker.h"

/* Writes n bytes (complete rows) from byte `skip` of a run; n may exceed the buffers.  Returns 0, or -1 with
 * the fault set. */
int fci_write_row_panel (fci_worker *worker, uint32_t file, const fci_run *run, uint64_t skip, uint64_t n);

#endif
