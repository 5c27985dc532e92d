/* core/exec/eval/encode.h: quantizes rows of f32 to blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_ENCODE_H
#define FCI_EXEC_EVAL_ENCODE_H

#include "core/exec/worker/worker.h"

/* Quantizes n_rows rows of `columns` values in worker->f32_rows to `out`; row: number in the tensor of the
 * first row; importance: of the columns of all these rows, or NULL; with it, f32_rows has capacity for one more row and
 * one number.  Returns 0, or -1 with the fault set. */
int fci_encode_rows (fci_worker *worker, const fci_encoder *encoder, const fci_importance *importance,
                     fci_tally *tallies, uint64_t row, size_t n_rows, size_t columns, uint8_t *out);

#endif
