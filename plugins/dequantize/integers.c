/* plugins/dequantize/integers.c: the codec of integers with scales: (integer - zero point) * scale.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dequantize/integers.h"

enum
{
  CHUNK = 256,
  WORD = 32
};

/* The field of an AWQ word for each column. */
static const unsigned awq_order[] = { 0, 4, 1, 5, 2, 6, 3, 7 };

/* Returns `bits` bits from bit `shift` of a word on, and of the next word where they continue there. */
static inline uint32_t
field (uint32_t word, const uint32_t *next, unsigned shift, unsigned bits)
{
  uint32_t value = word >> shift;
  if (shift + bits > WORD)
    value |= *next << (WORD - shift);
  return value & ((UINT32_C (1) << bits) - 1);
}

/* Unpacks n fields of a row whose words are in rows. */
static void
unpack_rows (const fmtconv_operand_part *p, unsigned bits, uint64_t row, uint64_t column, size_t n,
             int32_t *to)
{
  const uint64_t bit = row * bits;
  const uint32_t *words =
      (const uint32_t *) p->values + (bit / WORD - p->row) * p->pitch + (column - p->column);
  for (size_t i = 0; i < n; i++)
    to[i] = (int32_t) field (words[i], &words[i + p->pitch], (unsigned) (bit % WORD), bits);
}

/* Unpacks n fields of one row of words. */
static void
unpack_columns (const fmtconv_operand_part *p, unsigned bits, uint64_t row, uint64_t column, size_t n,
                int32_t *to)
{
  const uint32_t *words = (const uint32_t *) p->values + (row - p->row) * p->pitch;
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t bit = (column + i) * bits;
      const uint32_t *word = &words[bit / WORD - p->column];
      to[i] = (int32_t) field (*word, word + 1, (unsigned) (bit % WORD), bits);
    }
}

static void
unpack_awq (const fmtconv_operand_part *p, uint64_t row, uint64_t column, size_t n, int32_t *to)
{
  const uint32_t *words = (const uint32_t *) p->values + (row - p->row) * p->pitch;
  for (size_t i = 0; i < n; i++)
    to[i] = (int32_t) (words[(column + i) / 8 - p->column] >> 4 * awq_order[(column + i) % 8] & 15);
}

static void
unpack_bytes (const fmtconv_operand_part *p, uint64_t row, uint64_t column, size_t n, int32_t *to)
{
  const int8_t *bytes = (const int8_t *) p->values + (row - p->row) * p->pitch + (column - p->column);
  for (size_t i = 0; i < n; i++)
    to[i] = bytes[i];
}

static void
unpack (integers_layout layout, const fmtconv_operand_part *p, unsigned bits, uint64_t row, uint64_t column,
        size_t n, int32_t *to)
{
  switch (layout)
    {
    case INTEGERS_ROWS:
      unpack_rows (p, bits, row, column, n, to);
      break;
    case INTEGERS_COLUMNS:
      unpack_columns (p, bits, row, column, n, to);
      break;
    case INTEGERS_AWQ:
      unpack_awq (p, row, column, n, to);
      break;
    case INTEGERS_BYTES:
      unpack_bytes (p, row, column, n, to);
      break;
    case INTEGERS_NONE:
      break;
    }
}

/* Sets the group of each of n columns. Returns NULL, or what is wrong. */
static const char *
find_groups (const integers *k, const fmtconv_operand_part *operands, uint64_t column, size_t n,
             uint64_t *group)
{
  const fmtconv_operand_part *index = &operands[k->index_at];
  const int32_t *at = (const int32_t *) index->values + (column - index->column);
  for (size_t i = 0; i < n; i++)
    {
      if (!k->group && (at[i] < 0 || (size_t) at[i] >= operands[k->scale_at].pitch))
        return "a group number is not a column of the scales";
      group[i] = k->group ? (column + i) / k->group : (uint64_t) at[i];
    }
  return NULL;
}

/* Sets the zero point of each of n columns. Those of one group are mostly next to each other. */
static void
find_zeros (const integers *k, const fmtconv_operand_part *p, uint64_t row, const uint64_t *group, size_t n,
            int32_t *zero)
{
  if (k->group == 1)
    unpack (k->zeros, p, k->bits, row, group[0], n, zero);
  for (size_t i = 0; i < n; i++)
    {
      if (k->group != 1 && i && group[i] == group[i - 1])
        {
          zero[i] = zero[i - 1];
          continue;
        }
      if (k->group != 1)
        unpack (k->zeros, p, k->bits, row, group[i], 1, &zero[i]);
      zero[i] += k->zero_add;
    }
}

/* Decodes at most CHUNK elements. row: of the scales and zero points, that of the result or of its group. */
static const char *
decode_chunk (const integers *k, const fmtconv_operand_part *operands, uint64_t row, uint64_t column,
              size_t n, float *to)
{
  const fmtconv_operand_part *scales = &operands[k->scale_at], *zeros = &operands[k->zero_at];
  const float *scale = scales->values;
  int32_t code[CHUNK], zero[CHUNK];
  uint64_t group[CHUNK];
  const char *what = find_groups (k, operands, column, n, group);
  if (what)
    return what;
  unpack (k->codes, &operands[0], k->bits, row, column, n, code);
  for (size_t i = 0; i < n; i++)
    zero[i] = k->zero;
  if (k->zeros)
    find_zeros (k, zeros, k->zeros == INTEGERS_ROWS ? row : zeros->row, group, n, zero);
  for (size_t i = 0; i < n; i++)
    to[i] = (float) (code[i] - zero[i]) * scale[group[i] - scales->column];
  return NULL;
}

static const char *
decode (const void *params, const fmtconv_operand_part *operands, uint64_t row, uint64_t column, size_t count,
        float *to)
{
  const char *what = NULL;
  for (size_t done = 0; done < count && !what; done += CHUNK)
    what = decode_chunk (params, operands, row, column + done, count - done < CHUNK ? count - done : CHUNK,
                         to + done);
  return what;
}

const fmtconv_codec integers_codec = FMTCONV_CODEC (.name = "integers with scales", .decode = decode);
