/* core/exec/check/outcome.h: the results of an execution's checks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_OUTCOME_H
#define FCI_EXEC_CHECK_OUTCOME_H

#include "core/layout/layout.h"
#include "core/source/stored.h"

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
  size_t verified_files;       /* files all of whose bytes it compared … */
  uint64_t verified_bytes;     /* … and their size */
  uint64_t fetched;            /* bytes of sources that were read, without those of --verify */
} fci_outcome;

/* What --verify reads back at once: a file of the layout, or its folder. */
typedef struct fci_written
{
  const fci_layout_part *part;    /* whose writer wrote it; NULL: none */
  const char *base;               /* final name, without folders */
  const char *path;               /* of the temporary */
  const fci_stored_files *stored; /* all files of the part */
  const char *within;             /* folder of `base` among their names, or the folder itself: "" or "vae/" */
} fci_written;

/* Reads it as the model that it should hold. */
typedef const fmtconv_model *fci_reread (void *arg, const fci_written *written);

#endif
