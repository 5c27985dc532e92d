/* core/kernel/transpose.h: transposes squares of elements; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_TRANSPOSE_H
#define FCI_KERNEL_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/* Returns the side of the squares for elements of `item` bytes; 0: not supported on this processor. */
size_t fci_square_side (size_t item);

/* Transposes `columns` × `rows` elements, both multiples of the side.  `in` is dense along its columns and
 * has rows in_stride bytes apart; `out` is dense along its rows and has columns out_stride bytes apart. */
void fci_squares (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride,
                  size_t columns, size_t rows, size_t item);

#endif
