/* core/exec/worker/decode.h: reads of sources whose bytes a codec computes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_DECODE_H
#define FCI_EXEC_WORKER_DECODE_H

#include "core/exec/worker/worker.h"

/* Computes n bytes from `offset` of a decoded source. Returns 0, or -1 with the fault set. */
int fci_worker_decode (fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint8_t *to,
                       size_t n);

#endif
