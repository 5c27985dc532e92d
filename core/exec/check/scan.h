/* core/exec/check/scan.h: one bounded pass over tensors that writes nothing: statistics, differences.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_SCAN_H
#define FCI_EXEC_CHECK_SCAN_H

#include "core/kernel/scan.h"
#include "core/view/view.h"

/* One tensor, or two of one shape. */
typedef struct fci_scan
{
  const char *name;
  fmtconv_view *a;
  fmtconv_view *b; /* NULL: statistics of a */
  fci_sums sums;   /* of a; without b */
  fci_gap gap;     /* with b; of complex numbers, of their parts, real and imaginary in turn */
} fci_scan;

/* Are there statistics of a data type: are its elements real numbers that can be decoded? */
bool fci_scan_can (uint32_t dtype);

/* Can values of a data type be compared: as those, or complex ones by their parts? */
bool fci_scan_can_compare (uint32_t dtype);

/* Fill in sums and gaps, within the context's memory and threads.  0, or the code of an error. */
int fci_scan_all (fmtconv_ctx *ctx, fci_scan *scans, size_t n);

#endif
