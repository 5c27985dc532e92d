/* core/exec/check/manifest.h: writes the SHA-256 of files to manifests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_MANIFEST_H
#define FCI_EXEC_CHECK_MANIFEST_H

#include "core/exec/worker/worker.h"

/* Returns the bytes of the files that manifests list. */
uint64_t fci_manifest_bytes (const fci_plan *plan);

/* Reads all files that manifests list, one per worker, and writes their digests; all other bytes, the checksums in them
 * too, were written before.  Returns 0 or a code. */
int fci_fill_manifests (fci_pool *pool);

/* Does the same and compares the digests with those in the files.  Returns 0 or a code. */
int fci_verify_manifests (fci_pool *pool);

#endif
