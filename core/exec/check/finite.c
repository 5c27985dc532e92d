/* core/exec/check/finite.c: the fault of measured values that are not finite.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/check/finite.h"
#include "core/kernel/absmax.h"

int
fci_fault_at_value (fci_worker *worker, const fci_rows *rows, const float *values, size_t n, uint64_t first)
{
  size_t i = 0;
  while (i + 1 < n && fci_absmax (values + i, 1) < FCI_INF_BITS)
    i++;
  worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT,
                               .tensor = rows->name,
                               .view = rows->view,
                               .element = first + i,
                               .what = fci_absmax (values + i, 1) == FCI_INF_BITS
                                           ? "values are infinite, or too large for 32-bit floats"
                                           : "values are NaN" };
  return -1;
}
