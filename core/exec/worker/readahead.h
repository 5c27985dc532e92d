/* core/exec/worker/readahead.h: small pieces of a file that lie near each other, read at once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_READAHEAD_H
#define FCI_EXEC_WORKER_READAHEAD_H

#include "core/exec/worker/worker.h"

/* If `run` needs few bytes, read them with those that runs behind it, before `end`, need from the same place. */
void fci_readahead_fill (fci_worker *worker, const fci_run *run, const fci_run *end);

/* n bytes that were read so; false: they were not. */
bool fci_readahead_get (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                        size_t n);

#endif
