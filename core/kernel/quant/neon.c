/* core/kernel/quant/neon.c: quantization, two vectors of four at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/quant/level.h"

#if FCI_NEON
#include <arm_neon.h>
#include <string.h>

#define TARGET
#define INLINE static inline __attribute__ ((always_inline))
#define LEVEL fci_quant_neon

enum
{
  LANES = 4
};

typedef float32x4_t vec;
typedef int32x4_t ivec;
typedef uint32x4_t mask;

INLINE vec
v_splat (float value)
{
  return vdupq_n_f32 (value);
}

INLINE vec
v_load (const float *at)
{
  return vld1q_f32 (at);
}

INLINE void
v_store (float *at, vec value)
{
  vst1q_f32 (at, value);
}

INLINE vec
v_blend (mask where, vec yes, vec no)
{
  return vbslq_f32 (where, yes, no);
}

INLINE mask
v_lt (vec a, vec b)
{
  return vcltq_f32 (a, b);
}

/* Returns the lanes that differ or have a NaN. */
INLINE mask
v_ne (vec a, vec b)
{
  return vmvnq_u32 (vceqq_f32 (a, b));
}

/* Returns the minimum; of equal numbers, such as 0 and -0, the second: vminq_f32 gives -0. */
INLINE vec
v_min (vec a, vec b)
{
  return v_blend (v_lt (a, b), a, b);
}

INLINE vec
v_max (vec a, vec b)
{
  return v_blend (v_lt (b, a), a, b);
}

INLINE vec
v_abs (vec a)
{
  return vabsq_f32 (a);
}

INLINE vec
v_sqrt (vec a)
{
  return vsqrtq_f32 (a);
}

INLINE vec
v_round (vec a)
{
  return vrndnq_f32 (a);
}

INLINE mask
m_and (mask a, mask b)
{
  return vandq_u32 (a, b);
}

INLINE mask
m_or (mask a, mask b)
{
  return vorrq_u32 (a, b);
}

INLINE mask
m_andnot (mask a, mask b)
{
  return vbicq_u32 (a, b);
}

/* Returns one bit per lane. */
INLINE unsigned
m_bits (mask a)
{
  static const uint32_t bits[LANES] = { 1, 2, 4, 8 };
  return vaddvq_u32 (vandq_u32 (a, vld1q_u32 (bits)));
}

INLINE ivec
w_splat (int value)
{
  return vdupq_n_s32 (value);
}

INLINE ivec
w_bits (vec a)
{
  return vreinterpretq_s32_f32 (a);
}

INLINE ivec
w_and (ivec a, ivec b)
{
  return vandq_s32 (a, b);
}

INLINE ivec
w_add (ivec a, ivec b)
{
  return vaddq_s32 (a, b);
}

INLINE ivec
w_min (ivec a, ivec b)
{
  return vminq_s32 (a, b);
}

INLINE ivec
w_max (ivec a, ivec b)
{
  return vmaxq_s32 (a, b);
}

INLINE vec
w_to_float (ivec a)
{
  return vcvtq_f32_s32 (a);
}

/* Truncates towards zero; INT32_MIN for values out of range, which the processor would saturate. */
INLINE ivec
w_truncate (vec a)
{
  return vbslq_s32 (v_lt (v_abs (a), v_splat (0x1p31f)), vcvtq_s32_f32 (a), w_splat (INT32_MIN));
}

INLINE ivec
w_load_bytes (const uint8_t *at)
{
  uint32_t bytes;
  memcpy (&bytes, at, sizeof bytes);
  return vreinterpretq_s32_u32 (
      vmovl_u16 (vget_low_u16 (vmovl_u8 (vreinterpret_u8_u32 (vdup_n_u32 (bytes))))));
}

/* Stores the low byte of each lane, which is 0 … 255 or -128 … 127. */
INLINE void
w_store_bytes (uint8_t *at, ivec a)
{
  const uint16x4_t halves = vmovn_u32 (vreinterpretq_u32_s32 (a));
  const uint8x8_t codes = vmovn_u16 (vcombine_u16 (halves, halves));
  const uint32_t bytes = vget_lane_u32 (vreinterpret_u32_u8 (codes), 0);
  memcpy (at, &bytes, sizeof bytes);
}

/* Of equal numbers, the same as the portable code. */
INLINE float
v_hmax (vec a)
{
  const float one = a[0] > a[1] ? a[0] : a[1], other = a[2] > a[3] ? a[2] : a[3];
  return one > other ? one : other;
}

/* The code with the nearest value, from four comparisons: minus the number of pairs of codes above it, and
 * whether it is the lower of its pair. */
typedef struct iq4_index
{
  ivec pair;
  mask lower;
} iq4_index;

/* Returns the numbers of a table of eight, by the lower three bits of each index. */
INLINE vec
look_up (const float table[8], ivec index)
{
  const uint8x16x2_t bytes = { { vreinterpretq_u8_f32 (vld1q_f32 (table)),
                                 vreinterpretq_u8_f32 (vld1q_f32 (table + LANES)) } };
  const uint32x4_t first = vandq_u32 (vreinterpretq_u32_s32 (index), vdupq_n_u32 (7));
  const uint32x4_t each = vmlaq_u32 (vdupq_n_u32 (0x03020100), first, vdupq_n_u32 (0x04040404));
  return vreinterpretq_f32_u8 (vqtbl2q_u8 (bytes, vreinterpretq_u8_u32 (each)));
}

INLINE ivec
minus_one_in (mask lanes)
{
  return vreinterpretq_s32_u32 (lanes);
}

/* Tables that are indexed with -7 … 0, by the lower three bits, have the order 1 … 7, 0. */
INLINE iq4_index
v_iq4_index (vec x)
{
  static const float third[8] = { 79, 0, 0, 0, 0, -93.5f, -28.5f, 19 };
  static const float fourth[8] = { 101, -115.5f, -74, -42, -16, 7, 31.5f, 61 };
  const mask first = v_lt (x, v_splat (-4.5f));
  const mask second = v_lt (x, v_blend (first, v_splat (-57), v_splat (45.5f)));
  const ivec half = w_add (minus_one_in (first), minus_one_in (first));
  const ivec quarter = w_add (half, minus_one_in (second));
  const mask in_quarter = v_lt (x, look_up (third, quarter));
  const ivec pair = w_add (w_add (quarter, quarter), minus_one_in (in_quarter));
  return (iq4_index){ pair, v_lt (x, look_up (fourth, pair)) };
}

INLINE ivec
iq4_code (iq4_index at)
{
  return w_add (w_add (w_splat (15), w_add (at.pair, at.pair)), minus_one_in (at.lower));
}

INLINE vec
iq4_value (iq4_index at)
{
  static const float lower[8] = { 89, -127, -83, -49, -22, 1, 25, 53 };
  static const float upper[8] = { 113, -104, -65, -35, -10, 13, 38, 69 };
  return v_blend (at.lower, look_up (lower, at.pair), look_up (upper, at.pair));
}

#include "core/kernel/quant/loops.h"

#endif
