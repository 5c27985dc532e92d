/* core/kernel/row.h: runs a row program on a row of elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_ROW_H
#define FCI_KERNEL_ROW_H

#include "core/kernel/kernel.h"
#include <stddef.h>

/* Returns NULL if every step can run, else the reason for a message ("complex numbers cannot become real").
 * */
const char *fci_row_refusal (const fci_row_program *program);

/* Returns the bytes of scratch that fci_row_run needs, for any n. */
size_t fci_row_scratch (const fci_row_program *program);

/* Runs the program on n elements from `in` to `out`, both dense and not overlapping.  tally: one per ROUND
 * step, in order, added to; NULL: nothing is counted.  operands: one per step with an operand, in order. */
void fci_row_run (const fci_row_program *program, const void *in, void *out, size_t n, void *scratch,
                  const fci_operand *operands, fci_tally *tally);

#endif
