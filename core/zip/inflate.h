/* core/zip/inflate.h: deflated members are unpacked once, into memory or an unlinked file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_INFLATE_H
#define FCI_ZIP_INFLATE_H

#include "core/zip/zip.h"

/* Returns the bytes of a deflated member as a source; NULL: an error. */
fmtconv_source *fci_zip_inflate (fmtconv_zip *zip, fci_zip_entry *entry);

/* Inflates member i, if it is deflated and was not opened yet, and compares its size and checksum: nothing is kept.  Returns
 * whether it is deflated: it was checked then, now or when it was opened; an error is recorded. */
bool fci_zip_check_deflated (fmtconv_zip *zip, size_t i);

#endif
