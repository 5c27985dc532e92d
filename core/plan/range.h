/* core/plan/range.h: cuts a range of a file into units.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_RANGE_H
#define FCI_PLAN_RANGE_H

#include "core/plan/run.h"

/* Returns the number of bytes of a tensor from byte `at` that fit in `capacity`, cut at a border of the
 * outermost axis whose rows fit.  Not 0. */
uint64_t fci_rows_cut (const fci_rows *rows, uint64_t at, uint64_t capacity);

/* Appends units for bytes `at` … `end` of a file; `run` contains `at`.  Returns the run that contains `end`;
 * SIZE_MAX: an error was recorded. */
size_t fci_plan_cut_range (fci_plan *plan, uint32_t file, uint64_t at, uint64_t end, size_t run);

#endif
