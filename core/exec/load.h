/* core/exec/load.h: evaluates a tensor, or some rows of it, to memory of the caller.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_LOAD_H
#define FCI_EXEC_LOAD_H

#include "core/view/view.h"

/* A tensor with its plan, which is compiled once for all reads.  It lives as long as the context. */
typedef struct fci_loader fci_loader;

/* Returns the loader of a view; `name` is for messages.  NULL: an error was recorded. */
fci_loader *fci_loader_new (fmtconv_ctx *ctx, const char *name, fmtconv_view *view);

/* Returns the number of bytes of which every range must be a multiple: 1, or rows of an encoder. */
uint64_t fci_loader_grain (const fci_loader *loader);

/* Evaluates bytes `at` … `at` + size-1 of the tensor to `to`, on the context's threads and within its memory.  The first
 * call measures and compares what the view requires.  Checksums are compared if all bytes are read; findings are
 * reported as those of a conversion.  Returns 0 or a code. */
int fci_load (fci_loader *loader, uint64_t at, uint64_t size, void *to);

#endif
