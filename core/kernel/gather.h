/* core/kernel/gather.h: gathers strided elements to dense rows.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_GATHER_H
#define FCI_KERNEL_GATHER_H

#include <stddef.h>
#include <stdint.h>

/* Gathers strided elements of `in` to dense row-major `out`.  The element at index i is at in + Σ i·stride
 * bytes; item: bytes of an element (1, 2, 4, 8 or 16).  Works in blocks, so that a transpose does not thrash
 * the caches. */
void fci_gather (void *out, const void *in, unsigned rank, const uint64_t *extent, const int64_t *stride,
                 size_t item);

#endif
