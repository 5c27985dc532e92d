/* core/exec/check/plain.h: --verify: compares the bytes of written files that are not tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_PLAIN_H
#define FCI_EXEC_CHECK_PLAIN_H

#include "core/exec/worker/worker.h"

/* Reads headers, configurations, indexes, padding and copied files back, and compares them with what was to be written;
 * no reader looks at all of these.  Returns 0 or a code. */
int fci_verify_plain (fci_pool *pool);

#endif
