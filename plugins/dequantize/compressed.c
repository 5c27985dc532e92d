/* plugins/dequantize/compressed.c: integers of compressed-tensors: packed in words, and bytes with zero points.
 * SPDX-License-Identifier: Apache-2.0
 *
 * compressed-tensors (forward_helpers.py, _dequantize) computes in the type of the scales, and so rounds there. */
#include "config.h"

#include "plugins/dequantize/integers.h"
#include "plugins/dequantize/packed.h"

enum
{
  WORD = 32
};

/* The tensors of a layer. */
typedef struct layer
{
  const packed *p;
  fmtconv_view *codes;
  fmtconv_view *scales; /* [rows, groups], [1, 1] … */
  const fmtconv_tensor *zeros;
  const fmtconv_tensor *index; /* the group of each column */
  uint64_t rows;
  uint64_t columns;
  integers how;
} layer;

/* Returns scales with two axes: one for all, one for each row, or some for each row. */
static fmtconv_view *
with_axes (const fmtconv_tensor *scales)
{
  uint64_t shape[2] = { 1, 1 };
  for (unsigned i = 0; i < scales->rank && i < 2; i++)
    shape[i] = scales->shape[i];
  return scales->rank > 2 ? NULL : fmtconv_view_reshape (scales->view, 2, shape);
}

/* Takes the scales, and how many columns share one. Returns 0 if the shapes do not fit. */
static int
take_scales (layer *l)
{
  l->scales = with_axes (l->p->scaling->scale);
  if (!l->scales)
    return 0;
  const uint64_t *shape = fmtconv_view_shape (l->scales);
  const uint64_t groups = shape[1];
  l->how.group = l->index ? 0 : groups && l->columns % groups == 0 ? l->columns / groups : 0;
  return groups && (l->index || (l->how.group && l->how.group <= UINT32_MAX))
         && (shape[0] == l->rows || shape[0] == 1);
}

/* Returns the share of rows or columns of an operand of the scales' shape. */
static void
set_shares (const layer *l, fmtconv_operand *o)
{
  const uint64_t *shape = fmtconv_view_shape (l->scales);
  o->rows[0] = o->rows[1] = shape[0] > 1;
  if (l->how.group && shape[1] > 1)
    {
      o->columns[0] = 1;
      o->columns[1] = (uint32_t) l->how.group;
    }
}

static fmtconv_view *
values (layer *l, fmtconv_operand codes)
{
  fmtconv_operand operands[4] = { codes, { .view = l->scales } };
  unsigned n = 2;
  set_shares (l, &operands[1]);
  l->how.scale_at = 1;
  if (l->zeros)
    {
      operands[n].view = l->how.zeros == INTEGERS_BYTES ? with_axes (l->zeros) : l->zeros->view;
      set_shares (l, &operands[n]);
      if (l->how.zeros == INTEGERS_ROWS)
        {
          operands[n].rows[0] = l->how.bits;
          operands[n].rows[1] = WORD;
        }
      l->how.zero_at = n++;
    }
  if (l->index)
    {
      operands[n] = (fmtconv_operand){ .view = l->index->view, .columns = { 1, 1 } };
      l->how.index_at = n++;
    }
  fmtconv_view *view = fmtconv_view_decode (&integers_codec, l->p->scaling->name, &l->how, sizeof l->how,
                                            l->rows, l->columns, operands, n);
  return fmtconv_view_cast (view, l->p->scaling->scale->dtype);
}

/* Reads the shape that the words encode. Returns 0 if there is none. */
static int
take_shape (layer *l)
{
  const fmtconv_tensor *shape = packed_part (l->p, "_shape");
  const unsigned char *bytes;
  if (!shape || shape->rank != 1 || shape->shape[0] != 2
      || (shape->dtype != FMTCONV_I64 && shape->dtype != FMTCONV_I32)
      || !(bytes = fmtconv_tensor_bytes (shape)))
    return 0;
  const unsigned each = fmtconv_dtype_get (shape->dtype)->block_bytes;
  uint64_t number[2] = { 0 };
  for (unsigned i = 0; i < 2 * each; i++)
    number[i / each] |= (uint64_t) bytes[i] << 8 * (i % each);
  l->rows = number[0];
  l->columns = number[1];
  return l->rows && l->columns && l->columns < UINT64_MAX / WORD;
}

/* Takes the bits of a field: the only number that gives as many words. Returns 0 if there is none. */
static int
take_bits (layer *l)
{
  const fmtconv_tensor *codes = l->p->scaling->codes;
  unsigned found = 0;
  for (unsigned bits = 1; bits <= 8; bits++)
    if ((l->columns * bits + WORD - 1) / WORD == codes->shape[1])
      {
        if (l->how.bits)
          return 0;
        l->how.bits = found = bits;
      }
  return found && codes->shape[0] == l->rows;
}

/* Takes zero points in words below each other, of the integers less 2^(bits-1), as the codes are. */
static int
take_zeros (layer *l)
{
  l->zeros = packed_part (l->p, "_zero_point");
  l->how.zero = 1 << (l->how.bits - 1);
  if (!l->zeros)
    return 1;
  l->how.zeros = INTEGERS_ROWS;
  const uint64_t *shape = fmtconv_view_shape (l->scales);
  return l->zeros->dtype == FMTCONV_I32 && l->zeros->rank == 2 && l->zeros->shape[1] == shape[1]
         && shape[0] == l->rows && l->zeros->shape[0] == (l->rows * l->how.bits + WORD - 1) / WORD;
}

fmtconv_view *
compressed_values (const packed *p)
{
  layer l = { .p = p, .how = { .codes = INTEGERS_COLUMNS }, .index = packed_part (p, "_g_idx") };
  const fmtconv_tensor *codes = p->scaling->codes;
  if (codes->rank != 2 || !take_shape (&l) || !take_bits (&l) || !take_scales (&l) || !take_zeros (&l)
      || (l.index && (l.index->dtype != FMTCONV_I32 || l.index->rank != 1 || l.index->shape[0] != l.columns)))
    return packed_refuse (p, "convert the model that it was quantized from",
                          "the shapes of its words, of '%s' and of weight_shape do not fit each other",
                          p->scaling->scale->name);
  return values (&l,
                 (fmtconv_operand){ .view = codes->view, .rows = { 1, 1 }, .columns = { l.how.bits, WORD } });
}

/* Returns whether two tensors have one shape. */
static int
is_alike (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  int same = a->rank == b->rank;
  for (unsigned i = 0; i < a->rank && same; i++)
    same = a->shape[i] == b->shape[i];
  return same;
}

fmtconv_view *
int8_values (const packed *p)
{
  const fmtconv_tensor *codes = p->scaling->codes, *scale = p->scaling->scale;
  const char *name = fmtconv_ctx_printf (p->ctx, "%s_zero_point", codes->name);
  layer l = { .p = p, .how = { .codes = INTEGERS_BYTES, .zeros = INTEGERS_BYTES } };
  l.zeros = name ? fmtconv_model_find (p->in, name) : NULL;
  if (!l.zeros || codes->rank != 2 || l.zeros->dtype != FMTCONV_I8 || !is_alike (l.zeros, scale))
    return packed_refuse (p, "leave it out with -t dequantize:only=GLOB",
                          "its zero points '%s' are not bytes of the shape of '%s'", name, scale->name);
  l.rows = codes->shape[0];
  l.columns = codes->shape[1];
  if (!take_scales (&l))
    return packed_refuse (p, "leave it out with -t dequantize:only=GLOB",
                          "the shapes of its values and of '%s' do not fit", scale->name);
  return values (&l, (fmtconv_operand){ .view = codes->view, .rows = { 1, 1 }, .columns = { 1, 1 } });
}
