/* core/source/members.h: the members of an archive as files and folders.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_MEMBERS_H
#define FCI_SOURCE_MEMBERS_H

#include "core/source/tar.h"
#include <stdbool.h>

/* Returns the members of an archive, which `file` is, as a folder.  NULL: out of memory. */
fmtconv_input *fci_members_of (fmtconv_input *file, const fci_tar *tar);

/* Returns whether a folder inside an archive has an entry of that plain name; false also if memory is exhausted (recorded). */
bool fci_member_exists (const fmtconv_input *folder, const char *name);

/* Opens such an entry.  path: for messages.  NULL: an error. */
fmtconv_input *fci_member_open (fmtconv_input *folder, const char *name, const char *path);

/* Lists the names in a folder inside an archive.  Returns false if memory is exhausted. */
bool fci_members_list (fmtconv_input *folder);

#endif
