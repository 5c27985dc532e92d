/* core/kernel/dtype.c: the table of plain data types.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/dtype.h"

#define REAL(type, bytes, in) [type] = { .carrier = in, .complex = false, .part = type, .part_size = bytes }
#define COMPLEX(type, of, bytes, in) \
  [type] = { .carrier = in, .complex = true, .part = of, .part_size = bytes }

static const fci_plain_type types[] = {
  REAL (FMTCONV_BOOL, 1, FCI_IN_I64),
  REAL (FMTCONV_U8, 1, FCI_IN_I64),
  REAL (FMTCONV_I8, 1, FCI_IN_I64),
  REAL (FMTCONV_U16, 2, FCI_IN_I64),
  REAL (FMTCONV_I16, 2, FCI_IN_I64),
  REAL (FMTCONV_U32, 4, FCI_IN_I64),
  REAL (FMTCONV_I32, 4, FCI_IN_I64),
  REAL (FMTCONV_U64, 8, FCI_IN_U64),
  REAL (FMTCONV_I64, 8, FCI_IN_I64),
  REAL (FMTCONV_F16, 2, FCI_IN_F32),
  REAL (FMTCONV_BF16, 2, FCI_IN_F32),
  REAL (FMTCONV_F32, 4, FCI_IN_F32),
  REAL (FMTCONV_F64, 8, FCI_IN_F64),
  COMPLEX (FMTCONV_C32, FMTCONV_F16, 2, FCI_IN_F32),
  COMPLEX (FMTCONV_C64, FMTCONV_F32, 4, FCI_IN_F32),
  COMPLEX (FMTCONV_C128, FMTCONV_F64, 8, FCI_IN_F64),
  REAL (FMTCONV_F8_E4M3, 1, FCI_IN_F32),
  REAL (FMTCONV_F8_E5M2, 1, FCI_IN_F32),
  REAL (FMTCONV_F8_E4M3FNUZ, 1, FCI_IN_F32),
  REAL (FMTCONV_F8_E5M2FNUZ, 1, FCI_IN_F32),
  REAL (FMTCONV_F8_E8M0, 1, FCI_IN_F32),
};

fci_plain_type
fci_plain_type_of (uint32_t dtype)
{
  if (dtype < sizeof types / sizeof types[0])
    return types[dtype];
  return (fci_plain_type){ .carrier = FCI_NO_CARRIER };
}
