/* core/zip/end.h: the end of a zip archive: exactly one end record, and where the directory is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_END_H
#define FCI_ZIP_END_H

#include <fmtconv/types.h>

/* Reads the end record and its zip64 counterpart: n, dir_start, dir_size.  0, or the code of the recorded error. */
int fci_zip_read_end (fmtconv_zip *zip);

#endif
