/* core/exec/publish/publish.h: renames temporaries to their final names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PUBLISH_H
#define FCI_EXEC_PUBLISH_PUBLISH_H

#include "core/exec/publish/publication.h"

/* Gives all files of n outputs their modes and names, in order.  On an error it restores the previous state.
 * Returns 0 or a code. */
int fci_publish (fci_publication *publications, size_t n);

#endif
