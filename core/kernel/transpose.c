/* core/kernel/transpose.c: transposes squares of elements in registers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/transpose.h"

#ifdef __x86_64__
#include <emmintrin.h>
#elif FCI_NEON
#include <arm_neon.h>
#endif

#if defined __x86_64__ || FCI_NEON

#define INLINE static inline __attribute__ ((always_inline))

enum
{
  MAX_ROWS = 16
};

#ifdef __x86_64__

typedef __m128i line_of;

INLINE line_of
load_line (const unsigned char *at)
{
  return _mm_loadu_si128 ((const __m128i *) (const void *) at);
}

INLINE void
store_line (unsigned char *at, line_of line)
{
  _mm_storeu_si128 ((__m128i *) (void *) at, line);
}

INLINE line_of
low_pairs (line_of a, line_of b, size_t item)
{
  return item == 1   ? _mm_unpacklo_epi8 (a, b)
         : item == 2 ? _mm_unpacklo_epi16 (a, b)
         : item == 4 ? _mm_unpacklo_epi32 (a, b)
                     : _mm_unpacklo_epi64 (a, b);
}

INLINE line_of
high_pairs (line_of a, line_of b, size_t item)
{
  return item == 1   ? _mm_unpackhi_epi8 (a, b)
         : item == 2 ? _mm_unpackhi_epi16 (a, b)
         : item == 4 ? _mm_unpackhi_epi32 (a, b)
                     : _mm_unpackhi_epi64 (a, b);
}

#else

typedef uint8x16_t line_of;

INLINE line_of
load_line (const unsigned char *at)
{
  return vld1q_u8 (at);
}

INLINE void
store_line (unsigned char *at, line_of line)
{
  vst1q_u8 (at, line);
}

/* Pairs the elements of the lower (1) or upper (2) halves. */
#define PAIRS(half, type)   \
  vreinterpretq_u8_##type ( \
      vzip##half##q_##type (vreinterpretq_##type##_u8 (a), vreinterpretq_##type##_u8 (b)))

INLINE line_of
low_pairs (line_of a, line_of b, size_t item)
{
  return item == 1   ? vzip1q_u8 (a, b)
         : item == 2 ? PAIRS (1, u16)
         : item == 4 ? PAIRS (1, u32)
                     : PAIRS (1, u64);
}

INLINE line_of
high_pairs (line_of a, line_of b, size_t item)
{
  return item == 1   ? vzip2q_u8 (a, b)
         : item == 2 ? PAIRS (2, u16)
         : item == 4 ? PAIRS (2, u32)
                     : PAIRS (2, u64);
}

#endif

/* Transposes a square.  In row-major order an element has an index of 2·b bits: b of the row, b of the
 * column. Interleaving the two halves of the order rotates the index by one bit; b rotations exchange row and
 * column. Loops are unrolled, so that the elements stay in registers. */
INLINE void
square (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride, size_t item)
{
  const size_t side = 16 / item;
  line_of line[MAX_ROWS], dealt[MAX_ROWS];
#pragma GCC unroll 16
  for (size_t i = 0; i < side; i++)
    line[i] = load_line (in + (int64_t) i * in_stride);
#pragma GCC unroll 16
  for (size_t turn = 1; turn < side; turn *= 2)
    {
#pragma GCC unroll 16
      for (size_t i = 0; i < side / 2; i++)
        {
          dealt[2 * i] = low_pairs (line[i], line[i + side / 2], item);
          dealt[2 * i + 1] = high_pairs (line[i], line[i + side / 2], item);
        }
#pragma GCC unroll 16
      for (size_t i = 0; i < side; i++)
        line[i] = dealt[i];
    }
#pragma GCC unroll 16
  for (size_t i = 0; i < side; i++)
    store_line (out + (int64_t) i * out_stride, line[i]);
}

INLINE void
squares (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride, size_t columns,
         size_t rows, size_t item)
{
  const size_t side = 16 / item;
  for (size_t column = 0; column < columns; column += side)
    for (size_t row = 0; row < rows; row += side)
      square (out + (int64_t) column * out_stride + (int64_t) (row * item), out_stride,
              in + (int64_t) row * in_stride + (int64_t) (column * item), in_stride, item);
}

size_t
fci_square_side (size_t item)
{
  return item < 16 ? 16 / item : 0;
}

void
fci_squares (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride,
             size_t columns, size_t rows, size_t item)
{
  if (item == 1)
    squares (out, out_stride, in, in_stride, columns, rows, 1);
  else if (item == 2)
    squares (out, out_stride, in, in_stride, columns, rows, 2);
  else if (item == 4)
    squares (out, out_stride, in, in_stride, columns, rows, 4);
  else
    squares (out, out_stride, in, in_stride, columns, rows, 8);
}

#else

size_t
fci_square_side (size_t item)
{
  (void) item;
  return 0;
}

void
fci_squares (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride,
             size_t columns, size_t rows, size_t item)
{
  (void) out, (void) out_stride, (void) in, (void) in_stride, (void) columns, (void) rows, (void) item;
}

#endif
