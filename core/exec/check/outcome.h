/* core/exec/check/outcome.h: the results of an execution's checks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_OUTCOME_H
#define FCI_EXEC_CHECK_OUTCOME_H

#include "core/layout/layout.h"

/* A requested finding in the rounding of one tensor. */
typedef struct fci_finding
{
  struct fci_finding *next;
  const char *tensor;
  const fmtconv_file *file; /* output file of the tensor */
  unsigned finding;         /* one of FMTCONV_FINDING_INEXACT … */
  int severity;             /* FMTCONV_SEVERITY_COUNT … */
  uint64_t count;
  uint64_t of;     /* elements of the tensor */
  uint64_t normal; /* values in the normal range of the data type */
  bool is_usual;   /* an underflow that a note counts instead of a warning */
  uint64_t row;    /* first row with the finding; UINT64_MAX: unknown */
  const char *hint;
} fci_finding;

typedef struct fci_outcome
{
  const fci_finding *findings; /* in plan order */
  size_t crc_checked;          /* sources whose checksum was compared */
  size_t crc_unchecked;        /* sources with a checksum that were not read completely */
  size_t equal;                /* pairs of views of the inputs that had to be equal, and are */
  size_t verified;             /* tensors that --verify compared */
  uint64_t fetched;            /* bytes of sources that were read, without those of --verify */
} fci_outcome;

/* Reads `path` (a temporary) as the model that a file of the layout should hold, for --verify. */
typedef const fmtconv_model *fci_reread (void *arg, const fmtconv_file *file, const char *path);

#endif
