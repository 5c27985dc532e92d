/* core/plan/span.h: runs as steps through a source, by which groups are found.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_SPAN_H
#define FCI_PLAN_SPAN_H

#include "core/plan/run.h"

/* Part of a run whose bytes are made, step by step, of ascending ranges of one source: the first of them of `in_size`
 * bytes from `from`, each next one `in_step` bytes further on. */
typedef struct fci_source_span
{
  const fmtconv_source *source; /* NULL: nothing is read, or not like this */
  uint64_t from;
  uint64_t in_step;
  uint64_t in_size;
  uint64_t reads; /* bytes of in_size that are wanted */
  uint64_t steps; /* that are left */
  uint64_t at;    /* the first one in the file */
  uint64_t out_step;
  uint64_t tail; /* bytes of the file that follow the last step, and read nothing */
  size_t run;
  uint32_t file;
} fci_source_span;

/* All runs as strands, file by file.  0 or a code. */
int fci_plan_source_spans (fci_plan *plan, fci_list *spans);

#endif
