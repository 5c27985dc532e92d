/* core/base/order.h: the byte order of numbers in files, which is little-endian on every machine.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows of elements (in sources, in the rows that kernels take and give, in the output) have the order of files.  Numbers
 * that are computed with, or that a codec receives, have the order of the machine.  These functions stand wherever one
 * becomes the other, in either direction; on a little-endian machine they are empty. */
#ifndef FCI_BASE_ORDER_H
#define FCI_BASE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#if !defined __BYTE_ORDER__ \
    || (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__)
#error "this machine's order of bytes is not known"
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__

/* Converts an integer of 1, 2, 4 or 8 bytes between the order of files and that of the machine. */
#define FCI_FILE_ORDER(number)                                                            \
  (sizeof (number) == 8   ? (__typeof__ (number)) __builtin_bswap64 ((uint64_t) (number)) \
   : sizeof (number) == 4 ? (__typeof__ (number)) __builtin_bswap32 ((uint32_t) (number)) \
   : sizeof (number) == 2 ? (__typeof__ (number)) __builtin_bswap16 ((uint16_t) (number)) \
                          : (number))

/* Converts n numbers of `size` bytes each, in place. */
static inline void
fci_file_order (void *numbers, size_t n, size_t size)
{
  unsigned char *at = numbers;
  for (; n > 0 && size > 1; n--, at += size)
    for (size_t i = 0, k = size - 1; i < k; i++, k--)
      {
        const unsigned char byte = at[i];
        at[i] = at[k];
        at[k] = byte;
      }
}

#else

#define FCI_FILE_ORDER(number) (number)

static inline void
fci_file_order (void *numbers, size_t n, size_t size)
{
  (void) numbers, (void) n, (void) size;
}

#endif

/* The same for floats. */
static inline void
fci_file_order_floats (float *values, size_t n)
{
  fci_file_order (values, n, sizeof *values);
}

#endif
