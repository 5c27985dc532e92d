/* plugins/dequantize/compressed.c: integers of compressed-tensors: packed in words, and bytes with zero points.
 * SPDX-License-Identifier: Apache-2.0
 *
 * compressed-tensors (forward_helpers.py, _dequantize) computes in the type of the scales, and so rounds there.
 * Its pack_to_int32 lets a field continue in the next word, but releases such as 0.13 pad each word.  Both are the
 * same for 1, 2, 4 and 8 bits; padded words of other widths are refused. */
#include "config.h"

#include "plugins/dequantize/integers.h"
#include "plugins/dequantize/packed.h"
#include <string.h>

enum
{
  WORD = 32,
  WIDEST = 8
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
  unsigned said;     /* widths in the configuration, a bit for each; 0: none */
  unsigned narrow;   /* the first width that fits the words; 0: none */
  unsigned wide;     /* the last width that fits them */
  int may_be_padded; /* fields may not continue in the next word */
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

/* Reads the shape that the words encode. Returns 0 if it finds none. */
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

/* Returns the widths that the configuration gives to integers, as 1 << bits; 0: it gives none. */
static unsigned
said_widths (const packed *p)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (p->in), "config");
  fmtconv_attr *groups = fmtconv_attr_get (fmtconv_attr_get (config, "quantization_config"), "config_groups");
  unsigned said = 0;
  for (fmtconv_attr *group = groups ? groups->first : NULL; group; group = group->next)
    {
      fmtconv_attr *weights = fmtconv_attr_get (group, "weights");
      const int64_t bits = fmtconv_attr_get_int (weights, "num_bits", 0);
      if (bits >= 1 && bits <= WIDEST
          && strcmp (fmtconv_attr_get_string (weights, "type", "int"), "int") == 0)
        said |= 1u << bits;
    }
  return said;
}

/* Takes the width if fields of so many bits need as many words as there are. */
static void
try_bits (layer *l, unsigned bits)
{
  const uint64_t words = l->p->scaling->codes->shape[1], each = WORD / bits;
  const int joined = (l->columns * bits + WORD - 1) / WORD == words;
  const int padded = (l->columns + each - 1) / each == words;
  if (!joined && !padded)
    return;
  l->narrow = l->narrow ? l->narrow : bits;
  l->how.bits = l->wide = bits;
  l->may_be_padded |= padded && WORD % bits != 0;
}

/* Takes the bits of a field: those of the configuration, or all that fit the words. Returns 0 if none fit. */
static int
take_bits (layer *l)
{
  l->said = said_widths (l->p);
  for (unsigned bits = 1; bits <= WIDEST; bits++)
    if (!l->said || l->said >> bits & 1)
      try_bits (l, bits);
  return l->wide && l->p->scaling->codes->shape[0] == l->rows;
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

/* Refuses words that several widths fit, or whose fields may be padded. Returns 0 if it did. */
static int
check_bits (const layer *l)
{
  if (l->narrow != l->wide)
    packed_refuse (l->p,
                   l->said ? "convert the model that it was quantized from"
                           : "give the folder with config.json, which says num_bits",
                   "the number of its words is ambiguous: they fit integers of %u bits and of %u bits",
                   l->narrow, l->wide);
  else if (l->may_be_padded)
    packed_refuse (
        l->p,
        "load it with the release of compressed-tensors that wrote it, and save it decompressed, or "
        "convert the model that it was quantized from",
        "its words fit integers of %u bits that do not continue in the next word, as old "
        "compressed-tensors packs them",
        l->wide);
  return l->narrow == l->wide && !l->may_be_padded;
}

/* Returns whether the groups of the columns, if there are any, fit. */
static int
is_index_good (const layer *l)
{
  const fmtconv_tensor *index = l->index;
  return !index || (index->dtype == FMTCONV_I32 && index->rank == 1 && index->shape[0] == l->columns);
}

static fmtconv_view *
refuse_shapes (const packed *p)
{
  return packed_refuse (p, "convert the model that it was quantized from",
                        "the shapes of its words, of '%s' and of weight_shape do not fit each other",
                        p->scaling->scale->name);
}

fmtconv_view *
compressed_values (const packed *p)
{
  layer l = { .p = p, .how = { .codes = INTEGERS_COLUMNS }, .index = packed_part (p, "_g_idx") };
  const fmtconv_tensor *codes = p->scaling->codes;
  if (codes->rank != 2 || !take_shape (&l) || !take_bits (&l) || !take_scales (&l) || !is_index_good (&l))
    return refuse_shapes (p);
  if (!check_bits (&l))
    return NULL;
  if (!take_zeros (&l))
    return refuse_shapes (p);
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
