/* core/exec/eval/factor.h: reads the factors of a part's elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_FACTOR_H
#define FCI_EXEC_EVAL_FACTOR_H

#include "core/exec/eval/part.h"

/* The factors that elements of a part are multiplied or divided by, or the elements that are added to
 * them: a dense rectangle of f32 for each such term. */
typedef struct fci_factors
{
  unsigned n;
  struct
  {
    const float *values;
    uint64_t
        stride[FMTCONV_MAX_RANK]; /* floats from one factor to the next along an axis; 0: a single factor */
    const fci_block_stride *block_stride;
  } item[FCI_MAX_TRACKS];
} fci_factors;

/* Returns whether every factor with factors that vary has an element for each index of the part, so that
 * both are rectangles. */
bool fci_factors_are_even (const fci_part_box *p);

/* Returns whether the factors of a part fit the remaining scratch. */
bool fci_factors_fit (const fci_fetching *f, const fci_part_box *p);

/* Reads the factors to the scratch after the floats in use, and increases f->factors.  `p` must live as long
 * as they do. Returns 0, or -1 with the fault set. */
int fci_factors_fetch (fci_fetching *f, const fci_part_box *p, fci_factors *factors);

/* Sets the operands for the elements from `index` on along the last axis.  operands: one per term of the
 * program; those of products are not changed. */
void fci_factors_at (const fci_factors *factors, const fci_part_box *p, const uint64_t *index,
                     fci_operand *operands);

#endif
