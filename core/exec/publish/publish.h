/* core/exec/publish/publish.h: from temporary names to the real ones.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PUBLISH_H
#define FCI_EXEC_PUBLISH_PUBLISH_H

#include "core/exec/publish/publication.h"

/* Give all files of n outputs their modes and names, in order; on an error all is as it was. */
int fci_publish (fci_publication *publications, size_t n);

#endif
