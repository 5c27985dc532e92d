/* core/zip/agree.h: libzip opens the same bytes and must see the same archive.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_AGREE_H
#define FCI_ZIP_AGREE_H

#include <fmtconv/types.h>

/* Checks that libzip sees the same members in these bytes; keeps it open if it has to inflate some.  0, or the code
 * of the recorded error. */
int fci_zip_agree (fmtconv_zip *zip);

#endif
