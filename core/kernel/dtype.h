/* core/kernel/dtype.h: properties of plain data types; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_DTYPE_H
#define FCI_KERNEL_DTYPE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* The carrier of a data type: the smallest C type that represents all its values.
 *
 * For fci_decode, fci_encode and fci_count `dtype` is never complex: a complex row is a row of twice as many parts.
 * Carrier arrays are aligned and have 8 bytes per element; rows of elements may be unaligned.  Arguments do not
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

/* Returns the properties of a data type; a block type or an unknown number: all zero. */
fci_plain_type fci_plain_type_of (uint32_t dtype);

#endif
