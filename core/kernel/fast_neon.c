/* core/kernel/fast_neon.c: conversions between floating-point types, four at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/fast_loops.h"

#if FCI_NEON
#include <arm_neon.h>
#include <string.h>

#define TARGET
#define INLINE static inline __attribute__ ((always_inline))

enum
{
  LANES = 4
};

typedef float32x4_t floats;

typedef struct counters
{
  uint32x4_t inexact, overflow, underflow, nan, inf, normal;
} counters;

INLINE uint32x4_t
bits_of (float32x4_t value)
{
  return vreinterpretq_u32_f32 (value);
}

INLINE float32x4_t
float_of (uint32x4_t bits)
{
  return vreinterpretq_f32_u32 (bits);
}

/* Returns `yes` in lanes with a < b, else `no`. */
INLINE uint32x4_t
where_less (uint32x4_t a, uint32x4_t b, uint32x4_t yes, uint32x4_t no)
{
  return vbslq_u32 (vcltq_u32 (a, b), yes, no);
}

/* Returns the sign of a code of eight bits as that of a float. */
INLINE uint32x4_t
sign_of (uint32x4_t code)
{
  return vshlq_n_u32 (vshrq_n_u32 (code, 7), 31);
}

INLINE uint32x4_t
e4m3_value (uint32x4_t code)
{
  const uint32x4_t mag = vandq_u32 (code, vdupq_n_u32 (0x7f));
  const float32x4_t last_bit = float_of (vdupq_n_u32 ((127 - 7 - 3 + 1) << 23));
  const uint32x4_t normal = vaddq_u32 (vshlq_n_u32 (mag, 20), vdupq_n_u32 ((127 - 7) << 23));
  const uint32x4_t subnormal = bits_of (vmulq_f32 (vcvtq_f32_u32 (mag), last_bit));
  const uint32x4_t number = where_less (mag, vdupq_n_u32 (8), subnormal, normal);
  return vorrq_u32 (sign_of (code), where_less (mag, vdupq_n_u32 (0x7f), number, vdupq_n_u32 (0x7ff00000)));
}

/* Rounds as fci_small_round does; codes above `most` become `most`, NaN becomes 0x7f. */
INLINE uint32x4_t
round_small (float32x4_t value, int mantissa, int bias, uint32_t most)
{
  const int cut = 23 - mantissa;
  const uint32x4_t bits = bits_of (value);
  const uint32x4_t mag = vandq_u32 (bits, vdupq_n_u32 (0x7fffffff));
  const uint32x4_t sign = vshlq_n_u32 (vshrq_n_u32 (bits, 31), 7);
  const uint32x4_t anchor = vdupq_n_u32 ((uint32_t) (127 - bias + cut + 1) << 23);
  const uint32x4_t low = vsubq_u32 (bits_of (vaddq_f32 (float_of (mag), float_of (anchor))), anchor);
  const uint32x4_t odd = vandq_u32 (vshlq_u32 (mag, vdupq_n_s32 (-cut)), vdupq_n_u32 (1));
  const uint32x4_t up = vaddq_u32 (mag, vaddq_u32 (odd, vdupq_n_u32 ((1u << (cut - 1)) - 1)));
  const uint32x4_t high =
      vsubq_u32 (vshlq_u32 (up, vdupq_n_s32 (-cut)), vdupq_n_u32 ((uint32_t) (127 - bias) << mantissa));
  const uint32x4_t number = where_less (mag, vdupq_n_u32 ((uint32_t) (127 - bias + 1) << 23), low, high);
  const uint32x4_t held = vminq_u32 (number, vdupq_n_u32 (most));
  return vorrq_u32 (sign, where_less (vdupq_n_u32 (0x7f800000), mag, vdupq_n_u32 (0x7f), held));
}

/* Converts f16.  This makes NaNs quiet, also if they become f16 again: hidden from compilers that drop both conversions. */
INLINE float32x4_t
of_half (uint16x4_t half)
{
  float32x4_t value = vcvt_f32_f16 (vreinterpret_f16_u16 (half));
  __asm__("" : "+w"(value));
  return value;
}

INLINE float32x4_t
load_small (const unsigned char *at, uint32_t dtype)
{
  uint32_t four;
  memcpy (&four, at, sizeof four);
  const uint16x4_t codes = vget_low_u16 (vmovl_u8 (vreinterpret_u8_u32 (vdup_n_u32 (four))));
  if (dtype == FMTCONV_F8_E5M2) /* the upper half of an f16 */
    return of_half (vshl_n_u16 (codes, 8));
  return float_of (e4m3_value (vmovl_u16 (codes)));
}

INLINE float32x4_t
store_small (unsigned char *at, uint32_t dtype, float32x4_t value)
{
  const bool e4m3 = dtype == FMTCONV_F8_E4M3;
  const uint32x4_t codes = e4m3 ? round_small (value, 3, 7, 0x7e) : round_small (value, 2, 15, 0x7c);
  const uint16x4_t half = vmovn_u32 (codes);
  const uint32_t four = vget_lane_u32 (vreinterpret_u32_u8 (vmovn_u16 (vcombine_u16 (half, half))), 0);
  memcpy (at, &four, sizeof four);
  return e4m3 ? float_of (e4m3_value (codes)) : of_half (vshl_n_u16 (half, 8));
}

INLINE float32x4_t
load (const unsigned char *at, uint32_t dtype)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return load_small (at, dtype);
  if (dtype == FMTCONV_F32)
    return vreinterpretq_f32_u8 (vld1q_u8 (at));
  const uint16x4_t half = vreinterpret_u16_u8 (vld1_u8 (at));
  return dtype == FMTCONV_F16 ? of_half (half) : float_of (vshll_n_u16 (half, 16));
}

/* Rounds to bf16, in the upper halves of the result. */
INLINE uint32x4_t
round_bf16 (float32x4_t value, uint32_t nan)
{
  const uint32x4_t bits = bits_of (value);
  const uint32x4_t odd = vandq_u32 (vshrq_n_u32 (bits, 16), vdupq_n_u32 (1));
  const uint32x4_t up = vaddq_u32 (bits, vaddq_u32 (odd, vdupq_n_u32 (0x7fff)));
  const uint32x4_t number = vbslq_u32 (vceqq_f32 (value, value), up, vdupq_n_u32 (nan << 16));
  return vandq_u32 (number, vdupq_n_u32 (0xffff0000));
}

/* Stores the rounded values, and returns them decoded. */
INLINE float32x4_t
store (unsigned char *at, uint32_t dtype, float32x4_t value, uint32_t nan)
{
  if (dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2)
    return store_small (at, dtype, value);
  if (dtype == FMTCONV_F32)
    {
      vst1q_u8 (at, vreinterpretq_u8_f32 (value));
      return value;
    }
  if (dtype == FMTCONV_F16)
    {
      const float16x4_t half = vcvt_f16_f32 (value);
      vst1_u8 (at, vreinterpret_u8_f16 (half));
      return vcvt_f32_f16 (half);
    }
  const uint32x4_t rounded = round_bf16 (value, nan);
  vst1_u8 (at, vreinterpret_u8_u16 (vshrn_n_u32 (rounded, 16)));
  return float_of (rounded);
}

/* Returns the lanes of finite numbers that become infinite or, in E4M3, are above 464, where it saturates. */
INLINE uint32x4_t
overflows (float32x4_t before, uint32x4_t changed, uint32x4_t inf, uint32_t dtype)
{
  const uint32x4_t size = vandq_u32 (bits_of (before), vdupq_n_u32 (0x7fffffff));
  const uint32x4_t above = vcgtq_u32 (size, vdupq_n_u32 (0x43e80000));
  const uint32x4_t finite = vcltq_u32 (size, vdupq_n_u32 (0x7f800000));
  return dtype == FMTCONV_F8_E4M3 ? vandq_u32 (above, finite) : vandq_u32 (changed, inf);
}

/* Returns the lanes of numbers, not NaN, that are not equal. */
INLINE uint32x4_t
differ (float32x4_t before, float32x4_t after)
{
  return vorrq_u32 (vcltq_f32 (before, after), vcgtq_f32 (before, after));
}

INLINE void
count (counters *sums, float32x4_t before, float32x4_t after, uint32_t dtype)
{
  const uint32x4_t infinity = vdupq_n_u32 (0x7f800000),
                   normal = vdupq_n_u32 ((uint32_t) fci_fast_smallest_normal (dtype));
  const uint32x4_t size = vandq_u32 (bits_of (after), vdupq_n_u32 (0x7fffffff));
  const uint32x4_t inf = vceqq_u32 (size, infinity);
  sums->inf = vsubq_u32 (sums->inf, inf);
  sums->nan = vsubq_u32 (sums->nan, vcgtq_u32 (size, infinity));
  sums->normal = vsubq_u32 (sums->normal, vcgeq_u32 (size, normal));
  if (dtype == FMTCONV_F32)
    return;
  const uint32x4_t changed = differ (before, after);
  sums->inexact = vsubq_u32 (sums->inexact, changed);
  sums->overflow = vsubq_u32 (sums->overflow, overflows (before, changed, inf, dtype));
  sums->underflow = vsubq_u32 (sums->underflow, vandq_u32 (changed, vcltq_u32 (size, normal)));
}

/* Returns fci_f32_mul: the processor's NaN of infinity times zero is positive. */
INLINE float32x4_t
times (float32x4_t value, float32x4_t factor)
{
  const float32x4_t product = vmulq_f32 (value, factor);
  const uint32x4_t made = vbicq_u32 (vceqq_f32 (value, value), vceqq_f32 (product, product));
  return float_of (vbslq_u32 (made, vdupq_n_u32 (0xffc00000), bits_of (product)));
}

INLINE float32x4_t
all_lanes (float value)
{
  return vdupq_n_f32 (value);
}

INLINE float32x4_t
divided (float32x4_t value, float32x4_t factor)
{
  return vdivq_f32 (value, factor);
}

INLINE uint64_t
sum (uint32x4_t lanes)
{
  return vaddvq_u32 (lanes);
}

#include "core/kernel/fast_frame.h"

#define AS(name) name##_neon
#define TABLE fci_fast_neon
#include "core/kernel/fast_table.h"

#endif
