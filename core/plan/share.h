/* core/plan/share.h: deals a plan to processes, each of which does a range of its output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A share is a range of the output bytes, all files one after the other.  Borders are where the prefix sums of the costs of
 * the runs say so, and fall between elements, or blocks, or rows of transposed matrices.  They depend on nothing but the
 * plan: not on threads, memory, or the machine.  A process cuts its own range into units only. */
#ifndef FCI_PLAN_SHARE_H
#define FCI_PLAN_SHARE_H

#include "core/plan/run.h"

/* A place in the output of a plan. */
typedef struct fci_border
{
  uint32_t file; /* number in the plan; one more than the last: the end */
  uint64_t at;   /* offset in the file */
  size_t run;    /* that contains it */
} fci_border;

/* Returns the cost of a run: bytes that are written, and about as many as are read. */
uint64_t fci_run_cost (const fci_run *run);

/* Sets from and to: share number `share` of `shares`, from 1, is what lies between them.  It may be empty. */
void fci_share_borders (const fci_plan *plan, unsigned share, unsigned shares, fci_border *from,
                        fci_border *to);

/* Returns the cost of what lies between two borders. */
uint64_t fci_share_cost (const fci_plan *plan, const fci_border *from, const fci_border *to);

#endif
