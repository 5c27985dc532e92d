/* core/convert/sums.h: compares files with the SHA-256 that a manifest has of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_SUMS_H
#define FCI_CONVERT_SUMS_H

#include "core/convert/examine.h"
#include "core/exec/check/defect.h"
#include <stdbool.h>

typedef struct fci_sums
{
  const char *path; /* of the manifest; NULL: there is none */
  size_t files;     /* that were read … */
  uint64_t bytes;   /* … and their size */
} fci_sums;

/* Reads the manifest `name` of a folder, in the form of sha256sum, and all files that it lists.  Lines of another form,
 * files that are missing, have another digest or are listed twice, and files of `examined` (NULL: none) that are not listed are
 * defects; a manifest that does not exist is one if it is required.  Returns 0 or a code. */
int fci_sums_check (fci_defects *defects, const char *folder, const char *name, bool required,
                    const fci_examined *examined, fci_sums *sums);

#endif
