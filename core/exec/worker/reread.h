/* core/exec/worker/reread.h: reads bytes of output files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_REREAD_H
#define FCI_EXEC_WORKER_REREAD_H

#include "core/exec/worker/worker.h"

/* Reads n bytes of an open output file.  Returns 0, or errno or FCI_READ_SHORT.  Thread: any. */
int fci_reread_bytes (int fd, uint64_t at, void *to, size_t n);

/* Records such a failure on the context.  Returns its code. */
int fci_fail_reread (fmtconv_ctx *ctx, const char *display, int error);

#endif
