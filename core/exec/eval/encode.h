/* core/exec/eval/encode.h: rows of f32 become blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_ENCODE_H
#define FCI_EXEC_EVAL_ENCODE_H

#include "core/exec/worker/worker.h"

/* Rows of `columns` f32 values in worker->flat, as blocks to `out`; row: the number of the first in the tensor.
 * Where the coder asks for importance, there is room for one more row and a number. */
int fci_encode_rows (fci_worker *worker, const fci_encoder *encoder, fci_tally *tallies, uint64_t row,
                     size_t n_rows, size_t columns, uint8_t *out);

#endif
