/* core/exec/publish/temporary.h: the files that are written beside their targets.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TEMPORARY_H
#define FCI_EXEC_PUBLISH_TEMPORARY_H

#include "core/exec/publish/publication.h"

/* Create and reserve the temporaries.  Undone by fci_publication_drop, also when the context is freed. */
int fci_publication_open (fci_publication *publication, uint64_t digest);

/* Remove what was not published, close everything.  May be called twice. */
void fci_publication_drop (fci_publication *publication);

#endif
