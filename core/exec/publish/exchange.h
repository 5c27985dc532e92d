/* core/exec/publish/exchange.h: replaces an existing output folder as a whole.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The new files are written into a folder next to the existing one.  Files of others get second names in it by links, and
 * one exchange of two names replaces the folder, so that no reader sees files of two sets. */
#ifndef FCI_EXEC_PUBLISH_EXCHANGE_H
#define FCI_EXEC_PUBLISH_EXCHANGE_H

#include "core/exec/publish/publication.h"

/* Sets publication->replaced to the existing folder of the output if it can be exchanged: it and all in it belong to this
 * user, it is not a link, mount point or working folder, and holds no folders of others; its folders have one group, no
 * access lists and no other attributes.  Returns false, without an error, if not. */
bool fci_exchange_open (fci_publication *publication);

/* Returns whether the new folder, still empty, can take the place of the existing one: it has the same group, the file system
 * can exchange, and all files of others can be linked.  Tries both. */
bool fci_exchange_works (const fci_publication *publication);

/* Links the files of others into the new folder, and gives new folders the modes of the old ones.  Returns 0 or a code. */
int fci_exchange_carry (fci_publication *publication);

#endif
