/* core/zip/inflate.h: deflated members are unpacked once, into memory or an unlinked file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_INFLATE_H
#define FCI_ZIP_INFLATE_H

#include "core/zip/zip.h"

/* Returns the bytes of a deflated member as a source; NULL: an error. */
fmtconv_source *fci_zip_inflate (fmtconv_zip *zip, fci_zip_entry *entry, const char *name);

#endif
