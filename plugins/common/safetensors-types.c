/* plugins/common/safetensors-types.c: the data types of the format.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/safetensors-types.h"

const fmtconv_dtype_name safetensors_dtypes[] = {
  { FMTCONV_BOOL, "BOOL", 1 },
  { FMTCONV_F4_E2M1, "F4", 2 },
  { FMTCONV_F6_E2M3, "F6_E2M3", 3 },
  { FMTCONV_F6_E3M2, "F6_E3M2", 4 },
  { FMTCONV_U8, "U8", 5 },
  { FMTCONV_I8, "I8", 6 },
  { FMTCONV_F8_E5M2, "F8_E5M2", 7 },
  { FMTCONV_F8_E4M3, "F8_E4M3", 8 },
  { FMTCONV_F8_E8M0, "F8_E8M0", 9 },
  { FMTCONV_F8_E4M3FNUZ, "F8_E4M3FNUZ", 10 },
  { FMTCONV_F8_E5M2FNUZ, "F8_E5M2FNUZ", 11 },
  { FMTCONV_I16, "I16", 12 },
  { FMTCONV_U16, "U16", 13 },
  { FMTCONV_F16, "F16", 14 },
  { FMTCONV_BF16, "BF16", 15 },
  { FMTCONV_I32, "I32", 16 },
  { FMTCONV_U32, "U32", 17 },
  { FMTCONV_F32, "F32", 18 },
  { FMTCONV_C64, "C64", 19 },
  { FMTCONV_F64, "F64", 20 },
  { FMTCONV_I64, "I64", 21 },
  { FMTCONV_U64, "U64", 22 },
  { 0 },
};
