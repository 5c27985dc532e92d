/* core/kernel/row.h: runs a row program on a row of elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_ROW_H
#define FCI_KERNEL_ROW_H

#include "core/kernel/kernel.h"
#include <stddef.h>

/* Can every step be done?  NULL: yes; else why not, for people ("complex numbers cannot become real"). */
const char *fci_row_refusal (const fci_row_program *program);

/* Bytes of scratch that fci_row_run needs, whatever n is. */
size_t fci_row_scratch (const fci_row_program *program);

/* n elements from `in` (dense) to `out` (dense); they may not overlap.  tally: one per ROUND step, in
 * order, added to; NULL: nothing is counted.  operands: one for each step that takes one, in
 * order; of an ADD, with a block of 1. */
void fci_row_run (const fci_row_program *program, const void *in, void *out, size_t n, void *scratch,
                  const fci_operand *operands, fci_tally *tally);

#endif
