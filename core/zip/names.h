/* core/zip/names.h: which names a zip archive may have, and finding a member by its name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_NAMES_H
#define FCI_ZIP_NAMES_H

#include <fmtconv/types.h>

/* Returns what is wrong with a name of len bytes, not 0, followed by a NUL, for the name as the subject of a sentence; NULL: nothing. */
const char *fci_zip_name_fault (const char *name, size_t len);

/* Checks a member's name of len bytes followed by a NUL, read at byte `at`.  0, or the code of the recorded error. */
int fci_zip_check_name (fmtconv_zip *zip, uint64_t at, const char *name, size_t len);

/* Checks all names together: unique, and in one folder if the flags ask for that; makes by_name.  0, or the code of the recorded error. */
int fci_zip_index_names (fmtconv_zip *zip);

#endif
