/* core/plan/range.h: cuts a range of a file into units.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_RANGE_H
#define FCI_PLAN_RANGE_H

#include "core/plan/run.h"

/* How many bytes of a tensor from byte `at` on fit in `room`: up to the last border of the outermost axis
 * whose rows fit.  Not 0. */
uint64_t fci_rows_cut (const fci_rows *rows, uint64_t at, uint64_t capacity);

/* Spread bytes `at` … `end` of a file, the first of them in that run, over new units; returns the run where the last one
 * ends, or the next one; SIZE_MAX on an error. */
size_t fci_plan_cut_range (fci_plan *plan, uint32_t file, uint64_t at, uint64_t end, size_t run);

#endif
