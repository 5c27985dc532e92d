/* core/plan/cut.h: chooses threads and buffers under the memory bound, and cuts the runs into units.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_CUT_H
#define FCI_PLAN_CUT_H

#include "core/plan/run.h"

/* Adds the scratch of products to row_scratch, and chooses the number of threads, each with `buffers` of
 * `capacity` bytes, that fit the memory bound.  Returns 0, or E_LIMIT if not even one fits. */
int fci_plan_workers (fci_plan *plan, uint64_t capacity);

/* Chooses unit size and threads within the memory bound, and cuts the runs.  Returns 0 or a code. */
int fci_plan_cut (fci_plan *plan);

#endif
