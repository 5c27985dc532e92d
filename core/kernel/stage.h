/* core/kernel/stage.h: a row program cut at its roundings; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_STAGE_H
#define FCI_KERNEL_STAGE_H

#include "core/kernel/kernel.h"

enum
{
  FCI_PART_BLOCK = 1024, /* parts that are processed at once in carriers */
  FCI_FAST_BLOCK = 4096  /* maximum elements for one call of a fast loop */
};

/* A fast loop for one stage, with the same bytes and counts as the carriers give.  factor: that of the only
 * SCALE, ignored without one; tally may be NULL. */
typedef void fci_fast_fn (const void *in, void *out, size_t n, float factor, fci_tally *tally);

/* Elements of `from`, after n_scales steps of arithmetic, rounded to `to`. */
typedef struct fci_stage
{
  uint32_t from;
  uint32_t to;
  unsigned n_scales;   /* steps before the ROUND */
  unsigned n_operands; /* steps before the ROUND that take an operand */
  const fci_step *scales;
  fci_fast_fn *fast; /* for stages without operands; NULL: none on this processor */
} fci_stage;

/* The operands of a stage, from element `first` of the row on. */
typedef struct fci_stage_operands
{
  const fci_operand *operands;
  size_t first;
} fci_stage_operands;

enum
{
  FCI_STAGE_SCRATCH = 3 * FCI_PART_BLOCK * 8
};

/* Runs one block through one stage.  n: at most FCI_PART_BLOCK parts, or FCI_FAST_BLOCK elements with
 * `fast`.  scratch: FCI_STAGE_SCRATCH bytes, aligned to 8. */
void fci_stage_run (const fci_stage *stage, const void *in, void *out, size_t n,
                    const fci_stage_operands *place, unsigned char *scratch, fci_tally *tally);

#endif
