/* core/exec/exec.h: runs a plan: threads, bounded scratch, findings, checksums, publication.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EXEC_H
#define FCI_EXEC_EXEC_H

#include "core/exec/check/outcome.h"
#include "core/exec/publish/outputs.h"
#include "core/plan/plan.h"

typedef struct fci_execution
{
  const fci_plan *plan;
  const fci_output *outputs; /* n_outputs >= 1, in the order of the plan's layouts */
  size_t n_outputs;
  const char *chain;  /* text that says what is done with the inputs: a run of another one is not continued */
  fci_reread *reread; /* NULL: no verification */
  void *arg;
  const struct fci_io *io; /* core/exec/worker/io.h; NULL: the operating system's */
} fci_execution;

/* Executes a plan after fci_publish_check of each output and fci_outputs_check of all: measures and compares
 * as the plan requires, writes all files next to their targets, checks findings, checksums and unchanged
 * sources, verifies, and publishes all outputs.  A new folder is written next to its target and published as
 * a unit; an existing folder is exchanged for it where that is possible, else its files are replaced one by one, with a
 * journal.  Returns 0 or a code; on an error no new file remains and old files are unchanged. */
int fci_execute (fmtconv_ctx *ctx, const fci_execution *execution, fci_outcome *outcome);

#endif
