/* core/kernel/encode.c: encodes carriers to elements of each plain data type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/kernel/dtype.h"
#include "core/kernel/encode.h"
#include "core/kernel/number.h"

#define STORE(type, value)                                                      \
  do                                                                            \
    {                                                                           \
      for (size_t i = 0; i < n; i++)                                            \
        {                                                                       \
          const type number = (type) (value), item = FCI_FILE_ORDER (number);   \
          memcpy ((unsigned char *) row + i * sizeof item, &item, sizeof item); \
        }                                                                       \
    }                                                                           \
  while (0)

const float *
fci_as_f32 (fci_carrier carrier, const void *values, size_t n, void *work)
{
  const double *f64 = values;
  const int64_t *i64 = values;
  const uint64_t *u64 = values;
  float *to = work;
  if (carrier == FCI_IN_F32)
    return values;
  if (carrier == FCI_IN_F64)
    for (size_t i = 0; i < n; i++)
      to[i] = fci_narrow (f64[i]);
  else if (carrier == FCI_IN_I64)
    for (size_t i = 0; i < n; i++)
      to[i] = (float) i64[i];
  else
    for (size_t i = 0; i < n; i++)
      to[i] = (float) u64[i];
  return to;
}

static const double *
as_f64 (fci_carrier carrier, const void *values, size_t n, void *work)
{
  const float *f32 = values;
  const int64_t *i64 = values;
  const uint64_t *u64 = values;
  double *to = work;
  if (carrier == FCI_IN_F64)
    return values;
  if (carrier == FCI_IN_F32)
    for (size_t i = 0; i < n; i++)
      to[i] = fci_widen (f32[i]);
  else if (carrier == FCI_IN_I64)
    for (size_t i = 0; i < n; i++)
      to[i] = (double) i64[i];
  else
    for (size_t i = 0; i < n; i++)
      to[i] = (double) u64[i];
  return to;
}

/* Rounds to a floating-point type other than f64.  As in torch, this starts from f32 for all carriers. */
static void
from_f32 (const uint32_t *bits, uint32_t dtype, uint16_t bf16_nan, void *row, size_t n)
{
  switch (dtype)
    {
    case FMTCONV_F16:
      STORE (uint16_t, fci_f16_of_f32 (bits[i]));
      break;
    case FMTCONV_BF16:
      STORE (uint16_t, fci_bf16_of_f32 (bits[i], bf16_nan));
      break;
    case FMTCONV_F8_E4M3:
      STORE (uint8_t, fci_e4m3_of_f32 (bits[i]));
      break;
    case FMTCONV_F8_E5M2:
      STORE (uint8_t, fci_e5m2_of_f32 (bits[i]));
      break;
    case FMTCONV_F8_E4M3FNUZ:
      STORE (uint8_t, fci_fnuz_of_f32 (bits[i], 3, 8));
      break;
    case FMTCONV_F8_E5M2FNUZ:
      STORE (uint8_t, fci_fnuz_of_f32 (bits[i], 2, 16));
      break;
    case FMTCONV_F8_E8M0:
      STORE (uint8_t, fci_e8m0_of_f32 (bits[i]));
      break;
    default:
      memcpy (row, bits, n * sizeof *bits);
      fci_file_order (row, n, sizeof *bits);
      break;
    }
}

/* Truncates to integers.  Small types are the low bits of a wider integer, of the width that torch uses. */
static void
integers_from_f64 (const double *value, uint32_t dtype, void *row, size_t n)
{
  switch (dtype)
    {
    case FMTCONV_BOOL:
      STORE (uint8_t, value[i] != 0);
      break;
    case FMTCONV_U8:
      STORE (uint8_t, fci_i64_of_f64 (value[i]));
      break;
    case FMTCONV_I8:
      STORE (uint8_t, fci_i32_of_f64 (value[i]));
      break;
    case FMTCONV_U16:
    case FMTCONV_I16:
      STORE (uint16_t, fci_i32_of_f64 (value[i]));
      break;
    case FMTCONV_U32:
      STORE (uint32_t, fci_u32_of_f64 (value[i]));
      break;
    case FMTCONV_I32:
      STORE (int32_t, fci_i32_of_f64 (value[i]));
      break;
    case FMTCONV_U64:
      STORE (uint64_t, fci_u64_of_f64 (value[i]));
      break;
    default:
      STORE (int64_t, fci_i64_of_f64 (value[i]));
      break;
    }
}

/* Stores the low bits of integers. */
static void
integers_from_integers (const uint64_t *value, uint32_t dtype, void *row, size_t n)
{
  if (dtype == FMTCONV_BOOL)
    {
      STORE (uint8_t, value[i] != 0);
      return;
    }
  switch (fci_plain_type_of (dtype).part_size)
    {
    case 1:
      STORE (uint8_t, value[i]);
      break;
    case 2:
      STORE (uint16_t, value[i]);
      break;
    case 4:
      STORE (uint32_t, value[i]);
      break;
    default:
      memcpy (row, value, n * sizeof *value);
      fci_file_order (row, n, sizeof *value);
      break;
    }
}

void
fci_encode (fci_carrier carrier, const void *values, uint32_t dtype, uint16_t bf16_nan, void *row, size_t n,
            void *work)
{
  const fci_carrier target = fci_plain_type_of (dtype).carrier;
  if (target == FCI_IN_F32)
    from_f32 ((const uint32_t *) (const void *) fci_as_f32 (carrier, values, n, work), dtype, bf16_nan, row,
              n);
  else if (target == FCI_IN_F64)
    {
      memcpy (row, as_f64 (carrier, values, n, work), n * sizeof (double));
      fci_file_order (row, n, sizeof (double));
    }
  else if (carrier == FCI_IN_F32 || carrier == FCI_IN_F64)
    integers_from_f64 (as_f64 (carrier, values, n, work), dtype, row, n);
  else
    integers_from_integers (values, dtype, row, n);
}
