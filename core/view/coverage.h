/* core/view/coverage.h: which stored elements of one tensor several views show.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_COVERAGE_H
#define FCI_VIEW_COVERAGE_H

#include "core/view/view.h"

/* A box of a view of that rank. */
typedef struct fci_coverage_box
{
  const fci_box *box;
  unsigned rank;
} fci_coverage_box;

typedef struct fci_coverage
{
  uint64_t elements; /* stored elements of the tensor */
  uint64_t missing;  /* of them, those that no box shows */
  bool twice;        /* some are shown more often than the tensor has them, all with the same operations */
} fci_coverage;

/* Compares the stored elements of a tensor's view with those of boxes that were made from it, whatever order, shape and
 * operations they have.  Elements that the boxes take from other sources than the tensor (a decoded form) are counted
 * only.  Returns 0 or a code. */
int fci_view_coverage (fmtconv_view *tensor, const fci_coverage_box *boxes, size_t n, fci_coverage *out);

#endif
