/* core/exec/check/outcome.h: what the checks of an execution find, and what the caller gives to them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_OUTCOME_H
#define FCI_EXEC_CHECK_OUTCOME_H

#include "core/layout/layout.h"

/* What one tensor's rounding found and somebody wanted to know. */
typedef struct fci_finding
{
  struct fci_finding *next;
  const char *tensor;
  const fmtconv_file *file; /* it is in */
  unsigned finding;         /* one of FMTCONV_FINDING_INEXACT … */
  int severity;             /* FMTCONV_SEVERITY_COUNT … */
  uint64_t count;
  uint64_t of;     /* elements of the tensor */
  uint64_t normal; /* values in the normal range of the data type */
  bool is_usual;   /* an underflow that a note counts instead of a warning */
  uint64_t row;    /* the first with one of them; UINT64_MAX: not known */
  const char *hint;
} fci_finding;

typedef struct fci_outcome
{
  const fci_finding *findings; /* in plan order */
  size_t crc_checked;          /* sources whose checksum was compared */
  size_t crc_unchecked;        /* sources with a checksum that were only read in part */
  size_t equal;                /* views of the inputs that had to be equal to others, and are */
  size_t verified;             /* tensors that --verify compared */
  uint64_t fetched;            /* bytes of sources that were read, but for --verify */
} fci_outcome;

/* Reads `path` (a temporary) as the model that a file of the layout should hold, for --verify. */
typedef const fmtconv_model *fci_reread (void *arg, const fmtconv_file *file, const char *path);

#endif
