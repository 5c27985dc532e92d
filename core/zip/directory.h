/* core/zip/directory.h: the central directory of a zip archive, read in pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_DIRECTORY_H
#define FCI_ZIP_DIRECTORY_H

#include <fmtconv/types.h>

/* Reads the central directory: entries.  0, or the code of the recorded error. */
int fci_zip_read_directory (fmtconv_zip *zip);

/* Finds the zip64 field in the extra fields; *field: NULL if it is absent.  0, or the code of the recorded error. */
int fci_zip_find_zip64 (fmtconv_zip *zip, uint64_t at, const uint8_t *extra, size_t len,
                        const uint8_t **field, size_t *field_len);

#endif
