/* core/exec/worker/readahead.h: reads small adjacent ranges of a file together.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_READAHEAD_H
#define FCI_EXEC_WORKER_READAHEAD_H

#include "core/exec/worker/worker.h"

/* If `run` needs few bytes, reads them together with adjacent bytes that the following runs, up to `end`,
 * need. */
void fci_readahead_fill (fci_worker *worker, const fci_run *run, const fci_run *end);

/* Copies n bytes from the readahead buffer.  Returns false if it does not have all of them. */
bool fci_readahead_get (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                        size_t n);

#endif
