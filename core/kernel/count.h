/* core/kernel/count.h: counts the effects of rounding; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_COUNT_H
#define FCI_KERNEL_COUNT_H

#include "core/kernel/dtype.h"
#include "core/kernel/kernel.h"

/* Adds the effects of rounding n values to `dtype` to the tally.  result: the rounded elements, decoded. */
void fci_count (fci_carrier carrier, const void *values, uint32_t dtype, const void *result, size_t n,
                fci_tally *tally);

#endif
