/* plugins/dequantize/integers.h: the codec of integers with scales: (integer - zero point) * scale.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGERS_H
#define INTEGERS_H

#include <fmtconv/formats.h>

/* How integers lie in their tensor. Packed ones are fields of `bits` bits, the first in the lowest bits of the first
 * word of 32 bits; a field may continue in the next word. */
typedef enum integers_layout
{
  INTEGERS_NONE,
  INTEGERS_BYTES,   /* signed bytes */
  INTEGERS_ROWS,    /* fields of one column, in words below each other */
  INTEGERS_COLUMNS, /* fields of one row */
  INTEGERS_AWQ      /* … of 4 bits, the eight of a word in AWQ's order */
} integers_layout;

typedef struct integers
{
  unsigned bits;
  integers_layout codes;
  integers_layout zeros;
  int zero_add;      /* stored zero points are less by this */
  int zero;          /* without stored zero points */
  uint64_t group;    /* columns that share a scale; 0: the operand `index` has the group of each column */
  unsigned scale_at; /* positions among the operands; that of the codes is 0 */
  unsigned zero_at;
  unsigned index_at;
} integers;

extern const fmtconv_codec integers_codec;

#endif
