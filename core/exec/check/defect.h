/* core/exec/check/defect.h: what is wrong with files that are examined.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_DEFECT_H
#define FCI_EXEC_CHECK_DEFECT_H

#include <fmtconv/types.h>
#include <stddef.h>
#include <stdint.h>

#define FCI_NO_OFFSET UINT64_MAX

/* A defect of a file.  Its texts are escaped, and live as long as the context. */
typedef struct fci_defect
{
  const char *file;
  uint64_t offset;    /* in the file; FCI_NO_OFFSET: not at one place */
  const char *tensor; /* NULL: none */
  const char *what;
  const char *hint; /* NULL: none */
  struct fci_defect *next;
} fci_defect;

typedef struct fci_defects
{
  fmtconv_ctx *ctx;
  fci_defect *first;
  fci_defect *last;
  size_t n;
} fci_defects;

/* Appends a defect.  Returns 0 or a code. */
int fci_defect_add (fci_defects *defects, fci_defect defect);

#endif
