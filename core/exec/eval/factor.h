/* core/exec/eval/factor.h: what elements of a part are multiplied or divided by.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_FACTOR_H
#define FCI_EXEC_EVAL_FACTOR_H

#include "core/exec/eval/part.h"

/* The factors that elements of a part are multiplied or divided by: a dense rectangle of f32 for each such term. */
typedef struct fci_factors
{
  unsigned n;
  struct
  {
    const float *values;
    uint64_t stride[FMTCONV_MAX_RANK]; /* floats from one factor to the next along an axis; 0: there is one */
    const fci_block_stride *block_stride;
  } item[FCI_MAX_TRACKS];
} fci_factors;

/* Do the factors of a part fit what room there is? */
bool fci_factors_fit (const fci_fetching *f, const fci_part_box *p);

/* Read them, behind the floats that are in use: f->factors goes up.  The part stays as long as they do. */
int fci_factors_fetch (fci_fetching *f, const fci_part_box *p, fci_factors *factors);

/* What the element at `index`, and those behind it along the last axis, take.  operands: one for each of the program's
 * terms, of which those of products are left alone. */
void fci_factors_at (const fci_factors *factors, const fci_part_box *p, const uint64_t *index,
                     fci_operand *operands);

#endif
