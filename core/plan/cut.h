/* core/plan/cut.h: chooses threads and buffers under the memory bound, and cuts the runs into units.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_CUT_H
#define FCI_PLAN_CUT_H

#include "core/plan/run.h"

/* Add what products need to row_scratch, and choose how many threads, each with `buffers` of `room` bytes, fit the
 * memory bound.  0, or E_LIMIT: not even one. */
int fci_plan_workers (fci_plan *plan, uint64_t capacity);

/* Choose unit size and threads under the memory bound, and cut the runs.  0 or a code. */
int fci_plan_cut (fci_plan *plan);

#endif
