/* core/kernel/transpose.c: transposes squares of elements in registers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/transpose.h"

#ifdef __x86_64__
#include <emmintrin.h>

#define INLINE static inline __attribute__ ((always_inline))

enum
{
  MAX_ROWS = 16
};

INLINE __m128i
low_pairs (__m128i a, __m128i b, size_t item)
{
  return item == 1   ? _mm_unpacklo_epi8 (a, b)
         : item == 2 ? _mm_unpacklo_epi16 (a, b)
         : item == 4 ? _mm_unpacklo_epi32 (a, b)
                     : _mm_unpacklo_epi64 (a, b);
}

INLINE __m128i
high_pairs (__m128i a, __m128i b, size_t item)
{
  return item == 1   ? _mm_unpackhi_epi8 (a, b)
         : item == 2 ? _mm_unpackhi_epi16 (a, b)
         : item == 4 ? _mm_unpackhi_epi32 (a, b)
                     : _mm_unpackhi_epi64 (a, b);
}

/* Transposes a square.  In row-major order an element has an index of 2·b bits: b of the row, b of the
 * column. Interleaving the two halves of the order rotates the index by one bit; b rotations exchange row and
 * column. Loops are unrolled, so that the elements stay in registers. */
INLINE void
square (unsigned char *out, int64_t out_stride, const unsigned char *in, int64_t in_stride, size_t item)
{
  const size_t side = 16 / item;
  __m128i line[MAX_ROWS], dealt[MAX_ROWS];
#pragma GCC unroll 16
  for (size_t i = 0; i < side; i++)
    line[i] = _mm_loadu_si128 ((const __m128i *) (const void *) (in + (int64_t) i * in_stride));
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
    _mm_storeu_si128 ((__m128i *) (void *) (out + (int64_t) i * out_stride), line[i]);
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
