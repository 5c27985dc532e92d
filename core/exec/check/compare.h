/* core/exec/check/compare.h: compares views element by element.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_COMPARE_H
#define FCI_EXEC_CHECK_COMPARE_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Views that are compared, cut into blocks of at most `room` bytes. */
typedef struct fci_comparison
{
  fci_list blocks;
  size_t capacity;
  bool required; /* the second view is an input too */
} fci_comparison;

/* Both views, which have one data type and shape.  0 or a code. */
int fci_comparison_add (fmtconv_ctx *ctx, fci_comparison *comparison, const fci_rows *wanted,
                        const fci_rows *found);

/* Compare all blocks, with the scratch shared out in four.  0, or the first difference in their order. */
int fci_comparison_run (fci_pool *pool, fci_comparison *comparison);

/* Compare what must be equal in the inputs. */
int fci_check_required (fci_pool *pool, fci_outcome *outcome);

#endif
