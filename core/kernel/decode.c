/* core/kernel/decode.c: decodes elements of each plain data type to carriers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/kernel/decode.h"
#include "core/kernel/dtype.h"
#include "core/kernel/number.h"

/* Defines the loop of a type: `c_type` is loaded as `item` from an address of any alignment. */
#define DECODER(name, c_type, carrier_type, value)           \
  static void name (const void *row, void *values, size_t n) \
  {                                                          \
    const unsigned char *at = row;                           \
    carrier_type *to = values;                               \
    for (size_t i = 0; i < n; i++)                           \
      {                                                      \
        c_type item;                                         \
        memcpy (&item, at + i * sizeof item, sizeof item);   \
        item = FCI_FILE_ORDER (item);                        \
        to[i] = value;                                       \
      }                                                      \
  }

DECODER (decode_bool, uint8_t, int64_t, item != 0)
DECODER (decode_u8, uint8_t, int64_t, item)
DECODER (decode_i8, int8_t, int64_t, item)
DECODER (decode_u16, uint16_t, int64_t, item)
DECODER (decode_i16, int16_t, int64_t, item)
DECODER (decode_u32, uint32_t, int64_t, item)
DECODER (decode_i32, int32_t, int64_t, item)
DECODER (decode_64, uint64_t, uint64_t, item)
DECODER (decode_f16, uint16_t, uint32_t, fci_f32_of_f16 (item))
DECODER (decode_bf16, uint16_t, uint32_t, (uint32_t) item << 16)
DECODER (decode_f32, uint32_t, uint32_t, item)
DECODER (decode_e4m3, uint8_t, uint32_t, fci_f32_of_e4m3 (item))
DECODER (decode_e5m2, uint8_t, uint32_t, fci_f32_of_e5m2 (item))
DECODER (decode_e4m3fnuz, uint8_t, uint32_t, fci_f32_of_fnuz (item, 3, 8))
DECODER (decode_e5m2fnuz, uint8_t, uint32_t, fci_f32_of_fnuz (item, 2, 16))
DECODER (decode_e8m0, uint8_t, uint32_t, fci_f32_of_e8m0 (item))

void
fci_decode (uint32_t dtype, const void *row, void *values, size_t n)
{
  static void (*const decoders[]) (const void *, void *, size_t) = { [FMTCONV_BOOL] = decode_bool,
                                                                     [FMTCONV_U8] = decode_u8,
                                                                     [FMTCONV_I8] = decode_i8,
                                                                     [FMTCONV_U16] = decode_u16,
                                                                     [FMTCONV_I16] = decode_i16,
                                                                     [FMTCONV_U32] = decode_u32,
                                                                     [FMTCONV_I32] = decode_i32,
                                                                     [FMTCONV_U64] = decode_64,
                                                                     [FMTCONV_I64] = decode_64,
                                                                     [FMTCONV_F16] = decode_f16,
                                                                     [FMTCONV_BF16] = decode_bf16,
                                                                     [FMTCONV_F32] = decode_f32,
                                                                     [FMTCONV_F64] = decode_64,
                                                                     [FMTCONV_F8_E4M3] = decode_e4m3,
                                                                     [FMTCONV_F8_E5M2] = decode_e5m2,
                                                                     [FMTCONV_F8_E4M3FNUZ] = decode_e4m3fnuz,
                                                                     [FMTCONV_F8_E5M2FNUZ] = decode_e5m2fnuz,
                                                                     [FMTCONV_F8_E8M0] = decode_e8m0 };
  decoders[dtype](row, values, n);
}

double
fci_element (uint32_t dtype, const void *at)
{
  const fci_plain_type type = fci_plain_type_of (dtype);
  uint64_t value = 0;
  float single;
  double real;
  if (type.carrier == FCI_NO_CARRIER)
    return 0;
  fci_decode (type.part, at, &value, 1);
  switch (type.carrier)
    {
    case FCI_IN_F32:
      memcpy (&single, &value, sizeof single);
      return fci_widen (single);
    case FCI_IN_I64:
      return (double) (int64_t) value;
    case FCI_IN_U64:
      return (double) value;
    default:
      memcpy (&real, &value, sizeof real);
      return real;
    }
}
