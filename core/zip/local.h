/* core/zip/local.h: local headers and data descriptors must agree with the central directory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_LOCAL_H
#define FCI_ZIP_LOCAL_H

#include <fmtconv/types.h>

/* Checks that every local header and descriptor agrees with the directory, and that none overlaps another: data.
 * 0, or the code of the recorded error. */
int fci_zip_check_locals (fmtconv_zip *zip);

#endif
