/* core/exec/check/compare.h: compares views element by element.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_COMPARE_H
#define FCI_EXEC_CHECK_COMPARE_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Pairs of views to compare, cut into blocks of at most `capacity` bytes. */
typedef struct fci_comparison
{
  fci_list blocks;
  size_t capacity;
  bool required; /* the second view is an input too */
} fci_comparison;

/* Adds a pair of views with equal data type and shape.  why: what is wrong if they differ; NULL: what is wrong of two inputs,
 * or of the output.  Returns 0 or a code. */
int fci_comparison_add (fmtconv_ctx *ctx, fci_comparison *comparison, const fci_rows *wanted,
                        const fci_rows *found, const char *why);

/* Compares all blocks, with the scratch divided by four.  Returns 0, or the code of the first difference. */
int fci_comparison_run (fci_pool *pool, fci_comparison *comparison);

/* Compares the inputs' pairs of views that must be equal.  Returns 0 or a code. */
int fci_check_required (fci_pool *pool, fci_outcome *outcome);

#endif
