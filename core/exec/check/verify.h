/* core/exec/check/verify.h: compares the written files with the sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_VERIFY_H
#define FCI_EXEC_CHECK_VERIFY_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Reads the temporaries at `paths` back, by `reread` with `arg`, and compares them with the sources.  Returns
 * 0 or a code. */
int fci_verify (fci_pool *pool, fci_reread *reread, void *arg, const char *const *paths,
                fci_outcome *outcome);

#endif
