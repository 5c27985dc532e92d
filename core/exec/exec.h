/* core/exec/exec.h: runs a plan: threads, bounded scratch, findings, checksums, publication.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_H
#define FCI_EXEC_H

#include "core/plan/plan.h"

/* What one tensor's rounding found and somebody wanted to know. */
typedef struct fci_finding
{
  struct fci_finding *next;
  const char *tensor;
  const fmtconv_file *file; /* it is in */
  unsigned finding;         /* one of FMTCONV_FINDING_INEXACT … */
  int severity;             /* FMTCONV_SEVERITY_COUNT … */
  uint64_t count;
  uint64_t of;  /* elements of the tensor */
  uint64_t row; /* the first with one of them; UINT64_MAX: not known */
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

/* What a layout becomes. */
typedef struct fci_output
{
  const fmtconv_layout *layout;
  const char *path; /* of OUTPUT; of a folder without a slash at the end */
} fci_output;

typedef struct fci_execution
{
  const fci_plan *plan;
  const fci_output *outputs; /* n_outputs >= 1, in the order of the plan's layouts */
  size_t n_outputs;
  fci_reread *reread; /* NULL: no verification */
  void *arg;
  const struct fci_io *io; /* core/exec/worker/io.h; NULL: the operating system's */
} fci_execution;

/* Refuse before any work what can be known: OUTPUT exists (without FORCE; a folder: with something in it), is
 * an input, is a folder, its folder is missing or not writable, older files that it replaces are there
 * (without FORCE) or are inputs, free space.  Also the check of a dry run, and of a layout that is not
 * complete. */
int fci_publish_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output);

/* Refuse several outputs that meet: two of one path, one inside the folder of another, files of one name, older files of
 * one that another writes, no room for all of them together.  0 or a code. */
int fci_outputs_check (fmtconv_ctx *ctx, const fci_output *outputs, size_t n);

/* After fci_publish_check of each output and fci_outputs_check of all:
 * measure what is to be measured, compare what must be equal, write all files beside their targets, check findings,
 * checksums and unchanged sources, verify, publish all outputs.  A new folder is written beside its target and published as a whole; in one that exists,
 * files are replaced one by one.  On an error nothing new is left and old files are untouched. */
int fci_execute (fmtconv_ctx *ctx, const fci_execution *execution, fci_outcome *outcome);

#endif
