/* core/zip/gap.h: bytes between the members of a zip archive.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_GAP_H
#define FCI_ZIP_GAP_H

#include "core/zip/zip.h"

/* Checks that [start, end), which no member of the directory fills, holds no record that readers without a directory
 * would see.  Padding is accepted.  Returns 0, E_FORMAT, E_IO or E_NOMEM. */
int fci_zip_check_gap (fmtconv_zip *zip, uint64_t start, uint64_t end);

#endif
