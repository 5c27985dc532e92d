/* core/kernel/transpose.h: squares of elements that change rows and columns; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_TRANSPOSE_H
#define FCI_KERNEL_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/* Rows and columns of the squares for elements of `item` bytes; 0: there are none on this machine. */
size_t fci_square_side (size_t item);

/* `columns` × `rows` elements, both multiples of the side: element (column, row) of `in`, which is dense
 * along its columns and has rows in_stride bytes apart, becomes element (row, column) of `out`, which is
 * dense along its rows and has columns out_stride bytes apart. */
void fci_squares (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride,
                  size_t columns, size_t rows, size_t item);

#endif
