/* core/plan/span.h: source spans: runs as regular steps through a source, from which groups are cut.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_SPAN_H
#define FCI_PLAN_SPAN_H

#include "core/plan/run.h"

/* Part of a run that reads one source in regular steps: `in_size` bytes at `from`, then at every `in_step`
 * bytes after it. */
typedef struct fci_source_span
{
  const fmtconv_source *source; /* NULL: nothing is read, or not in regular steps */
  uint64_t from;
  uint64_t in_step;
  uint64_t in_size;
  uint64_t reads; /* bytes of in_size that are used */
  uint64_t steps; /* remaining steps */
  uint64_t at;    /* offset of the first step in the file */
  uint64_t out_step;
  uint64_t tail; /* bytes of the file after the last step, which read nothing */
  size_t run;
  uint32_t file;
} fci_source_span;

/* Appends the source spans of all runs, file by file.  Returns 0 or a code. */
int fci_plan_source_spans (fci_plan *plan, fci_list *spans);

#endif
