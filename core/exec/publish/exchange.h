/* core/exec/publish/exchange.h: replaces an existing output folder as a whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The new files are written into a folder next to the existing one.  Files of others get second names in it by links, and
 * one exchange of two names replaces the folder, so that no reader sees files of two sets. */
#ifndef FCI_EXEC_PUBLISH_EXCHANGE_H
#define FCI_EXEC_PUBLISH_EXCHANGE_H

#include "core/exec/publish/publication.h"

/* Sets publication->replaced to the existing folder of the output if it can be exchanged: it and all in it belong to this
 * user, it is not a link, mount point or working folder, and holds no folders of others.  Returns false, without an
 * error, if not. */
bool fci_exchange_open (fci_publication *publication);

/* Returns whether the file system can link and exchange, tried in an empty folder. */
bool fci_exchange_works (int folder);

/* Links the files of others into the new folder, and gives new folders the modes of the old ones.  Returns 0 or a code. */
int fci_exchange_carry (fci_publication *publication);

#endif
