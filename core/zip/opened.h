/* core/zip/opened.h: the archives that are open in a context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_OPENED_H
#define FCI_ZIP_OPENED_H

#include <fmtconv/formats.h>

/* Adds an archive.  Returns 0 or a code. */
int fci_zip_note (fmtconv_zip *zip);

/* Returns the archive that was opened before `zip`; NULL: the last one.  NULL: none. */
fmtconv_zip *fci_zip_next (fmtconv_ctx *ctx, const fmtconv_zip *zip);

#endif
