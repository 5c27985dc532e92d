/* core/kernel/swap.h: the byte order of numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_SWAP_H
#define FCI_KERNEL_SWAP_H

#include <stddef.h>

/* The bytes of every number of `size` bytes in opposite order, in place; size: 1, 2, 4 or 8. */
void fci_byteswap (void *numbers, size_t bytes, unsigned size);

#endif
