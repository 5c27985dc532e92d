/* core/exec/publish/temporary.h: creates and removes the temporary files next to their targets.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TEMPORARY_H
#define FCI_EXEC_PUBLISH_TEMPORARY_H

#include "core/exec/publish/publication.h"

/* Creates the temporaries and reserves their disk space.  fci_publication_drop undoes it, also when the
 * context is freed. Returns 0 or a code. */
int fci_publication_open (fci_publication *publication, uint64_t digest);

/* Removes temporaries that were not published, and closes everything.  May be called twice. */
void fci_publication_drop (fci_publication *publication);

#endif
