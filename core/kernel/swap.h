/* core/kernel/swap.h: reverses the byte order of numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_SWAP_H
#define FCI_KERNEL_SWAP_H

#include <stddef.h>

/* Reverses the bytes of every number of `size` bytes (1, 2, 4 or 8), in place; bytes: those of all numbers.
 * */
void fci_byteswap (void *numbers, size_t bytes, unsigned size);

#endif
