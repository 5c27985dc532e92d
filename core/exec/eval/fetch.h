/* core/exec/eval/fetch.h: evaluates a range of a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_FETCH_H
#define FCI_EXEC_EVAL_FETCH_H

#include "core/exec/worker/worker.h"

/* Evaluates `size` bytes of an output tensor from byte `at` to `out`; both are multiples of its grain.
 * tallies: those of the plan; NULL: nothing is counted.  Returns 0, or -1 with the fault set. */
int fci_fetch (fci_worker *worker, const fci_rows *rows, fci_tally *tallies, uint64_t at, uint64_t size,
               uint8_t *out);

/* Part of a tensor: a range of indices for each axis of its view. */
typedef struct fci_rectangle
{
  uint64_t start[FMTCONV_MAX_RANK];
  uint64_t extent[FMTCONV_MAX_RANK];
} fci_rectangle;

/* Evaluates a rectangle of a tensor without encoder, dense to `out`.  Returns 0, or -1 with the fault set. */
int fci_fetch_rectangle (fci_worker *worker, const fci_rows *rows, fci_tally *tallies,
                         const fci_rectangle *place, uint8_t *out);

#endif
