/* core/exec/check/scan.h: a pass over tensors, in bounded memory, for statistics and differences.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_SCAN_H
#define FCI_EXEC_CHECK_SCAN_H

#include "core/kernel/scan.h"
#include "core/view/view.h"

/* One tensor, or two of equal shape. */
typedef struct fci_scan
{
  const char *name;
  fmtconv_view *a;
  fmtconv_view *b; /* NULL: statistics of a */
  fci_sums sums;   /* statistics of a; b is NULL */
  fci_gap gap;     /* differences from b; complex numbers: of their alternating real and imaginary parts */
} fci_scan;

/* Returns whether a data type has statistics: its elements are real numbers that can be decoded. */
bool fci_scan_can (uint32_t dtype);

/* Returns whether values of a data type can be compared; complex numbers are compared by their parts. */
bool fci_scan_can_compare (uint32_t dtype);

/* Fills in sums and gaps within the context's memory and threads.  Returns 0 or a code. */
int fci_scan_all (fmtconv_ctx *ctx, fci_scan *scans, size_t n);

#endif
