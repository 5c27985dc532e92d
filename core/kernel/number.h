/* core/kernel/number.h: converts single numbers between representations, bit for bit; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * These functions define the results; the vector code must give the same bytes.  They set the bits of NaNs
 * explicitly, so that these do not depend on the processor: the bits are those of torch for dense tensors on
 * x86 with F16C. */
#ifndef FCI_KERNEL_NUMBER_H
#define FCI_KERNEL_NUMBER_H

#include <stdint.h>
#include <string.h>

#define FCI_F32_INF 0x7f800000u
#define FCI_F32_QUIET 0x00400000u

static inline uint32_t
fci_f32_bits (float value)
{
  uint32_t bits;
  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static inline float
fci_f32_of_bits (uint32_t bits)
{
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline double
fci_f64_of_bits (uint64_t bits)
{
  double value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline uint64_t
fci_f64_bits (double value)
{
  uint64_t bits;
  memcpy (&bits, &value, sizeof bits);
  return bits;
}

/* Converts f32 to f64, exactly; a NaN keeps its payload and becomes quiet. */
static inline double
fci_widen (float value)
{
  uint64_t bits = fci_f32_bits (value);
  uint64_t nan = (bits >> 31) << 63 | 0x7ff8000000000000u | (bits & 0x7fffff) << 29;
  return value != value ? fci_f64_of_bits (nan) : (double) value;
}

/* Rounds f64 to f32, ties to even; a NaN keeps the upper part of its payload and becomes quiet. */
static inline float
fci_narrow (double value)
{
  uint64_t bits = fci_f64_bits (value);
  uint32_t nan = (uint32_t) (bits >> 63) << 31 | 0x7fc00000u | (uint32_t) (bits >> 29 & 0x7fffff);
  return value != value ? fci_f32_of_bits (nan) : (float) value;
}

/* Returns the f32 product.  A NaN of `value` becomes quiet; infinity times zero is the default NaN of x86. */
static inline float
fci_f32_mul (float value, float factor)
{
  float product = value * factor;
  uint32_t nan = value != value ? fci_f32_bits (value) | FCI_F32_QUIET : 0xffc00000u;
  return product != product ? fci_f32_of_bits (nan) : product;
}

/* Returns `result`, an f32 product or quotient of two numbers from memory.  NaN: that of `first`, else of
 * `second`, made quiet, else the default NaN of x86.  torch has the second factor first, or the dividend. */
static inline float
fci_f32_result (float result, float first, float second)
{
  uint32_t nan = first != first     ? fci_f32_bits (first) | FCI_F32_QUIET
                 : second != second ? fci_f32_bits (second) | FCI_F32_QUIET
                                    : 0xffc00000u;
  return result != result ? fci_f32_of_bits (nan) : result;
}

/* Returns the f32 sum.  A NaN of `value` becomes quiet; any other NaN is the default NaN of x86. */
static inline float
fci_f32_add (float value, float more)
{
  float sum = value + more;
  uint32_t nan = value != value ? fci_f32_bits (value) | FCI_F32_QUIET : 0xffc00000u;
  return sum != sum ? fci_f32_of_bits (nan) : sum;
}

/* ---- Small floating-point types: sign, exponent of any width, `mantissa` bits; subnormals as in IEEE. */

/* Returns the code of the f32 magnitude `mag` (not NaN) in such a type, to nearest even.  Codes continue
 * above the type's largest number, so that the caller detects overflow. */
static inline uint32_t
fci_small_round (uint32_t mag, unsigned mantissa, unsigned bias)
{
  unsigned cut = 23 - mantissa;
  uint32_t smallest_normal = (127 - bias + 1) << 23;
  /* The last bit of this float has the weight of the type's last subnormal bit: adding it rounds there. */
  uint32_t anchor = (127 - bias + cut + 1) << 23;
  uint32_t low = fci_f32_bits (fci_f32_of_bits (mag) + fci_f32_of_bits (anchor)) - anchor;
  uint32_t high = (mag + ((1u << (cut - 1)) - 1) + (mag >> cut & 1)) >> cut;
  return mag < smallest_normal ? low : high - ((127 - bias) << mantissa);
}

/* Returns the f32 bits of such a type's magnitude, which is not infinity or NaN. */
static inline uint32_t
fci_small_value (uint32_t mag, unsigned mantissa, unsigned bias)
{
  unsigned cut = 23 - mantissa;
  uint32_t normal = (mag << cut) + ((127 - bias) << 23);
  uint32_t last_bit = (127 - bias - mantissa + 1) << 23;
  uint32_t subnormal = fci_f32_bits ((float) (int32_t) mag * fci_f32_of_bits (last_bit));
  return mag >> mantissa ? normal : subnormal;
}

static inline uint16_t
fci_f16_of_f32 (uint32_t bits)
{
  uint32_t mag = bits & 0x7fffffff;
  uint32_t number = fci_small_round (mag, 10, 15);
  uint32_t nan = 0x7e00 | (mag >> 13 & 0x3ff);
  number = number > 0x7c00 ? 0x7c00 : number;
  return (uint16_t) (bits >> 31 << 15 | (mag > FCI_F32_INF ? nan : number));
}

static inline uint32_t
fci_f32_of_f16 (uint16_t half)
{
  uint32_t mag = half & 0x7fff;
  uint32_t special = FCI_F32_INF | (mag & 0x3ff) << 13 | (mag > 0x7c00 ? FCI_F32_QUIET : 0);
  return (uint32_t) (half >> 15) << 31 | (mag >= 0x7c00 ? special : fci_small_value (mag, 10, 15));
}

/* Rounds f32 bits to bf16; nan: the result for every NaN. */
static inline uint16_t
fci_bf16_of_f32 (uint32_t bits, uint16_t nan)
{
  uint32_t number = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (bits & 0x7fffffff) > FCI_F32_INF ? nan : (uint16_t) number;
}

/* ---- 8 bits.  E4M3 saturates, also for infinity; E5M2 has an infinity; the FNUZ types have one NaN, 0x80, which also
 * stands for values out of range, and lack a negative zero. */

static inline uint8_t
fci_e4m3_of_f32 (uint32_t bits)
{
  uint32_t mag = bits & 0x7fffffff;
  uint32_t number = fci_small_round (mag, 3, 7);
  number = number > 0x7e ? 0x7e : number;
  return (uint8_t) (bits >> 31 << 7 | (mag > FCI_F32_INF ? 0x7f : number));
}

static inline uint8_t
fci_e5m2_of_f32 (uint32_t bits)
{
  uint32_t mag = bits & 0x7fffffff;
  uint32_t number = fci_small_round (mag, 2, 15);
  number = number > 0x7c ? 0x7c : number;
  return (uint8_t) (bits >> 31 << 7 | (mag > FCI_F32_INF ? 0x7f : number));
}

static inline uint8_t
fci_fnuz_of_f32 (uint32_t bits, unsigned mantissa, unsigned bias)
{
  uint32_t mag = bits & 0x7fffffff;
  uint32_t number = fci_small_round (mag, mantissa, bias);
  uint32_t sign = number ? bits >> 31 << 7 : 0;
  return (uint8_t) (mag > FCI_F32_INF || number > 0x7f ? 0x80 : sign | number);
}

/* Returns an exponent only: the sign is dropped, ties round up, and zero becomes the smallest power. */
static inline uint8_t
fci_e8m0_of_f32 (uint32_t bits)
{
  uint32_t exponent = bits >> 23 & 0xff;
  uint32_t rest = bits & 0x7fffff;
  uint32_t up = exponent ? rest >= 0x400000 : rest > 0x400000;
  return (uint8_t) (exponent == 0xff ? 0xff : exponent + up);
}

static inline uint32_t
fci_f32_of_e4m3 (uint8_t code)
{
  uint32_t mag = code & 0x7f;
  return (uint32_t) (code >> 7) << 31 | (mag == 0x7f ? 0x7ff00000u : fci_small_value (mag, 3, 7));
}

static inline uint32_t
fci_f32_of_e5m2 (uint8_t code)
{
  return fci_f32_of_f16 ((uint16_t) (code << 8));
}

static inline uint32_t
fci_f32_of_fnuz (uint8_t code, unsigned mantissa, unsigned bias)
{
  uint32_t number = (uint32_t) (code >> 7) << 31 | fci_small_value (code & 0x7f, mantissa, bias);
  return code == 0x80 ? 0x7f800001u : number;
}

static inline uint32_t
fci_f32_of_e8m0 (uint8_t code)
{
  if (code == 0xff)
    return 0x7f800001u;
  return code ? (uint32_t) code << 23 : 0x00400000u;
}

/* ---- Integers.  C leaves values out of range undefined; here the results are those of x86's conversions and of torch,
 * except that torch's loops differ from each other for u32 beyond 32 bits. */

static inline int64_t
fci_i64_of_f64 (double value)
{
  return value >= -0x1p63 && value < 0x1p63 ? (int64_t) value : INT64_MIN;
}

static inline int32_t
fci_i32_of_f64 (double value)
{
  return value > -0x1p31 - 1 && value < 0x1p31 ? (int32_t) value : INT32_MIN;
}

static inline uint64_t
fci_u64_of_f64 (double value)
{
  if (value >= 0x1p63)
    return (uint64_t) fci_i64_of_f64 (value - 0x1p63) ^ (uint64_t) INT64_MIN;
  return (uint64_t) fci_i64_of_f64 (value);
}

/* Returns the low half of a 64-bit integer, as torch's scalar loop does; its vector loop differs out of
 * range. */
static inline uint32_t
fci_u32_of_f64 (double value)
{
  return (uint32_t) fci_i64_of_f64 (value);
}

#endif
