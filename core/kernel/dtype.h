/* core/kernel/dtype.h: what the kernels know of each plain data type; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_DTYPE_H
#define FCI_KERNEL_DTYPE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* In which C type the values of a data type are worked on: the smallest that holds all of them.
 *
 * For fci_decode, fci_encode and fci_count `dtype` is never complex: a complex row is a row of twice as many parts.
 * Carrier arrays are aligned and hold 8 bytes an element; rows of elements may be unaligned.  No two arguments
 * overlap. */
typedef enum fci_carrier
{
  FCI_NO_CARRIER, /* not a plain data type */
  FCI_IN_F32,
  FCI_IN_F64,
  FCI_IN_I64,
  FCI_IN_U64
} fci_carrier;

typedef struct fci_plain_type
{
  fci_carrier carrier;
  bool complex;     /* two parts of `part` */
  uint32_t part;    /* data type of one part; not complex: its own number */
  size_t part_size; /* bytes of one part */
} fci_plain_type;

/* Of any number; a block type or no type: all zero. */
fci_plain_type fci_plain_type_of (uint32_t dtype);

#endif
