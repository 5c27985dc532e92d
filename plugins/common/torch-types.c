/* plugins/common/torch-types.c: the data types of torch.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/torch-file.h"

const fmtconv_dtype_name torch_dtypes[] = {
  { FMTCONV_BOOL, "BoolStorage", TORCH_TYPED },
  { FMTCONV_U8, "ByteStorage", TORCH_TYPED },
  { FMTCONV_I8, "CharStorage", TORCH_TYPED },
  { FMTCONV_I16, "ShortStorage", TORCH_TYPED },
  { FMTCONV_I32, "IntStorage", TORCH_TYPED },
  { FMTCONV_I64, "LongStorage", TORCH_TYPED },
  { FMTCONV_F16, "HalfStorage", TORCH_TYPED },
  { FMTCONV_BF16, "BFloat16Storage", TORCH_TYPED },
  { FMTCONV_F32, "FloatStorage", TORCH_TYPED },
  { FMTCONV_F64, "DoubleStorage", TORCH_TYPED },
  { FMTCONV_C64, "ComplexFloatStorage", TORCH_TYPED },
  { FMTCONV_C128, "ComplexDoubleStorage", TORCH_TYPED },
  { FMTCONV_U16, "uint16", TORCH_UNTYPED },
  { FMTCONV_U32, "uint32", TORCH_UNTYPED },
  { FMTCONV_U64, "uint64", TORCH_UNTYPED },
  { FMTCONV_C32, "complex32", TORCH_UNTYPED },
  { FMTCONV_F8_E4M3, "float8_e4m3fn", TORCH_UNTYPED },
  { FMTCONV_F8_E5M2, "float8_e5m2", TORCH_UNTYPED },
  { FMTCONV_F8_E4M3FNUZ, "float8_e4m3fnuz", TORCH_UNTYPED },
  { FMTCONV_F8_E5M2FNUZ, "float8_e5m2fnuz", TORCH_UNTYPED },
  { FMTCONV_F8_E8M0, "float8_e8m0fnu", TORCH_UNTYPED },
  { 0 },
};
