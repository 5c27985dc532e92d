/* core/exec/worker/against.h: compares what workers would write with the bytes of existing files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_AGAINST_H
#define FCI_EXEC_WORKER_AGAINST_H

#include "core/exec/worker/worker.h"

/* A region of a file, and how it differs from the plan.  Workers update the numbers in any order, with the same result. */
typedef struct fci_deviation
{
  const fci_region *region;
  atomic_uint_fast64_t first; /* offset in the file of the first byte that differs */
  atomic_uint_fast64_t n;     /* bytes that differ */
} fci_deviation;

/* An existing file. */
typedef struct fci_compared
{
  fci_deviation *regions; /* with bytes, in their order */
  size_t n_regions;
  uint64_t size; /* bytes that it has; 0: it is missing */
  bool differs;  /* valid once all its bytes were compared */
} fci_compared;

struct fci_against
{
  fci_compared *files; /* one per file of the plan */
  bool digests;        /* digests are compared now: until then their regions are not complete */
};

/* Fills in the regions of a file.  Returns 0 or a code. */
int fci_compared_init (fmtconv_ctx *ctx, const fmtconv_file *file, fci_compared *compared);

/* Compares n bytes that would be written at `at` of a file, as far as the file goes.  Returns 0, or -1 with the fault
 * set. */
int fci_against_compare (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at);

#endif
