/* core/kernel/count.c: counts the effects of rounding a row of values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/count.h"
#include "core/kernel/dtype.h"
#include "core/kernel/kernel.h"
#include "core/kernel/number.h"
#include <math.h>

/* Limits of underflow and overflow in a floating-point type. */
typedef struct limits
{
  double normal; /* the smallest normal number */
  double holds;  /* finite values above this are an overflow even if the result is finite */
} limits;

static limits
limits_of (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F16:
    case FMTCONV_F8_E5M2:
      return (limits){ .normal = 0x1p-14, .holds = INFINITY };
    case FMTCONV_F64:
      return (limits){ .normal = 0x1p-1022, .holds = INFINITY };
    case FMTCONV_F8_E4M3: /* saturates: 464 is halfway from the largest number to the next step */
      return (limits){ .normal = 0x1p-6, .holds = 464 };
    case FMTCONV_F8_E4M3FNUZ:
      return (limits){ .normal = 0x1p-7, .holds = INFINITY };
    case FMTCONV_F8_E5M2FNUZ:
      return (limits){ .normal = 0x1p-15, .holds = INFINITY };
    default: /* f32 and bf16; E8M0, which stores its smallest number for zero and smaller values */
      return (limits){ .normal = 0x1p-126, .holds = INFINITY };
    }
}

static double
real_at (fci_carrier carrier, const void *values, size_t i)
{
  return carrier == FCI_IN_F32 ? fci_widen (((const float *) values)[i]) : ((const double *) values)[i];
}

static void
count_result (double result, bool inexact, bool overflow, limits limit, fci_tally *tally)
{
  tally->inexact += inexact;
  tally->overflow += overflow;
  tally->underflow += inexact && fabs (result) < limit.normal;
  tally->nan += isnan (result) != 0;
  tally->inf += isinf (result) != 0;
  tally->normal += isfinite (result) && fabs (result) >= limit.normal;
}

static void
count_real_to_real (fci_carrier carrier, const void *values, uint32_t dtype, const void *result, size_t n,
                    fci_tally *tally)
{
  const fci_carrier target = fci_plain_type_of (dtype).carrier;
  const limits limit = limits_of (dtype);
  for (size_t i = 0; i < n; i++)
    {
      const double before = real_at (carrier, values, i);
      const double after = real_at (target, result, i);
      const bool inexact = !isnan (before) && before != after;
      const bool overflow = isfinite (before) && (!isfinite (after) || fabs (before) > limit.holds);
      count_result (after, inexact, overflow, limit, tally);
    }
}

/* Returns whether an integer and a real number are equal, without rounding either. */
static bool
integer_is (fci_carrier carrier, uint64_t integer, double real)
{
  if (carrier == FCI_IN_I64)
    return real >= -0x1p63 && real < 0x1p63 && (int64_t) real == (int64_t) integer;
  return real >= 0 && real < 0x1p64 && (uint64_t) real == integer;
}

static void
count_integer_to_real (fci_carrier carrier, const uint64_t *values, uint32_t dtype, const void *result,
                       size_t n, fci_tally *tally)
{
  const fci_carrier target = fci_plain_type_of (dtype).carrier;
  const limits limit = limits_of (dtype);
  for (size_t i = 0; i < n; i++)
    {
      const double after = real_at (target, result, i);
      const double about = carrier == FCI_IN_I64 ? (double) (int64_t) values[i] : (double) values[i];
      const bool overflow = !isfinite (after) || fabs (about) > limit.holds;
      count_result (after, !integer_is (carrier, values[i], after), overflow, limit, tally);
    }
}

/* Counts conversions of real numbers to integers, which lack infinities and subnormals: a value changed or
 * did not fit. A boolean only changes. */
static void
count_real_to_integer (fci_carrier carrier, const void *values, uint32_t dtype, size_t n, fci_tally *tally)
{
  const unsigned bits = (unsigned) fci_plain_type_of (dtype).part_size * 8;
  const bool is_signed =
      dtype == FMTCONV_I8 || dtype == FMTCONV_I16 || dtype == FMTCONV_I32 || dtype == FMTCONV_I64;
  const double low = is_signed ? -ldexp (1, (int) bits - 1) : 0;
  const double end = ldexp (1, (int) bits - is_signed);
  for (size_t i = 0; i < n; i++)
    {
      const double value = real_at (carrier, values, i);
      const double whole = trunc (value);
      const bool fits = whole >= low && whole < end;
      if (dtype == FMTCONV_BOOL)
        tally->inexact += value != 0 && value != 1;
      else
        tally->inexact += !fits || whole != value;
      tally->overflow += dtype != FMTCONV_BOOL && isfinite (value) && !fits;
    }
}

/* Counts conversions between integers.  The value is unchanged if the bits are equal and the sign means the
 * same. */
static void
count_integer_to_integer (fci_carrier carrier, const uint64_t *values, uint32_t dtype, const uint64_t *result,
                          size_t n, fci_tally *tally)
{
  const bool signs_differ = carrier != fci_plain_type_of (dtype).carrier;
  for (size_t i = 0; i < n; i++)
    {
      const bool changed = values[i] != result[i] || (signs_differ && values[i] >> 63);
      tally->inexact += changed;
      tally->overflow += changed && dtype != FMTCONV_BOOL;
    }
}

void
fci_count (fci_carrier carrier, const void *values, uint32_t dtype, const void *result, size_t n,
           fci_tally *tally)
{
  const fci_carrier target = fci_plain_type_of (dtype).carrier;
  const bool from_real = carrier == FCI_IN_F32 || carrier == FCI_IN_F64;
  const bool to_real = target == FCI_IN_F32 || target == FCI_IN_F64;
  if (from_real && to_real)
    count_real_to_real (carrier, values, dtype, result, n, tally);
  else if (to_real)
    count_integer_to_real (carrier, values, dtype, result, n, tally);
  else if (from_real)
    count_real_to_integer (carrier, values, dtype, n, tally);
  else
    count_integer_to_integer (carrier, values, dtype, result, n, tally);
}
