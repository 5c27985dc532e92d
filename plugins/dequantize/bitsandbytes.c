/* plugins/dequantize/bitsandbytes.c: weights of bitsandbytes: nf4 and fp4 in blocks of the flat tensor, and int8.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dequantize/packed.h"
#include <string.h>

enum
{
  CODES = 16,
  NESTED_CODES = 256
};

/* bitsandbytes/functional.py, get_4bit_type. */
static const float nf4[CODES] = { -1.0F,
                                  -0.6961928009986877F,
                                  -0.5250730514526367F,
                                  -0.39491748809814453F,
                                  -0.28444138169288635F,
                                  -0.18477343022823334F,
                                  -0.09105003625154495F,
                                  0.0F,
                                  0.07958029955625534F,
                                  0.16093020141124725F,
                                  0.24611230194568634F,
                                  0.33791524171829224F,
                                  0.44070982933044434F,
                                  0.5626170039176941F,
                                  0.7229568362236023F,
                                  1.0F };
static const float fp4[CODES] = { 0.0F / 12,  0.0625F / 12,  8.0F / 12,  12.0F / 12,
                                  4.0F / 12,  6.0F / 12,     2.0F / 12,  3.0F / 12,
                                  0.0F / 12,  -0.0625F / 12, -8.0F / 12, -12.0F / 12,
                                  -4.0F / 12, -6.0F / 12,    -2.0F / 12, -3.0F / 12 };

/* What the codec needs: the scale of a block is a number, or a code of a table times a number of `nested` blocks. */
typedef struct blocks
{
  float table[CODES];
  float offset; /* added to nested scales */
  uint64_t block;
  uint64_t nested; /* blocks that share a number; 0: scales are numbers */
} blocks;

/* Positions of the operands. */
enum
{
  AT_CODES,
  AT_SCALES,
  AT_NESTED,
  AT_MAP,
  N_OPERANDS
};

/* Returns the scale of a block. */
static float
scale_of (const blocks *k, const fmtconv_operand_part *operands, uint64_t block)
{
  const uint64_t at = block - operands[AT_SCALES].column;
  if (!k->nested)
    return ((const float *) operands[AT_SCALES].values)[at];
  const float *map = operands[AT_MAP].values, *nested = operands[AT_NESTED].values;
  const uint8_t code = ((const uint8_t *) operands[AT_SCALES].values)[at];
  const float scale = map[code] * nested[block / k->nested - operands[AT_NESTED].column];
  return scale + k->offset;
}

static const char *
decode (const void *params, const fmtconv_operand_part *operands, uint64_t row, uint64_t column, size_t count,
        float *to)
{
  const blocks *k = params;
  const uint8_t *codes = operands[AT_CODES].values;
  (void) row;
  for (uint64_t at = column, end = column + count; at < end;)
    {
      const uint64_t block = at / k->block, next = (block + 1) * k->block;
      const float scale = scale_of (k, operands, block);
      for (; at < end && at < next; at++)
        {
          const uint8_t pair = codes[at / 2 - operands[AT_CODES].column];
          *to++ = k->table[at % 2 ? pair & 15 : pair >> 4] * scale;
        }
    }
  return NULL;
}

static const fmtconv_codec codec = FMTCONV_CODEC (.name = "bitsandbytes", .decode = decode);

/* The text that describes a tensor. */
typedef struct state
{
  fmtconv_attr *text;
  const float *table;
  const fmtconv_attr *shape;
  uint32_t dtype;
  uint64_t elements;
  blocks how;
} state;

static fmtconv_view *
refuse (const packed *p, const char *why)
{
  return packed_refuse (p, "convert the model that it was quantized from", "%s", why);
}

/* Returns the description of a tensor, or NULL. */
static fmtconv_attr *
text_of (const packed *p)
{
  const fmtconv_tensor *t = packed_part (p, ".quant_state.bitsandbytes__nf4");
  const char *why;
  if (!t)
    t = packed_part (p, ".quant_state.bitsandbytes__fp4");
  const char *json = t && t->dtype == FMTCONV_U8 ? fmtconv_tensor_bytes (t) : NULL;
  return json && strlen (json) == t->bytes ? fmtconv_attr_parse_json (p->ctx, json, &why) : NULL;
}

/* Takes the shape of the tensor. Returns 0 if it is not one of positive integers. */
static int
take_shape (state *s)
{
  s->shape = fmtconv_attr_get (s->text, "shape");
  s->elements = 1;
  if (!s->shape || s->shape->kind != FMTCONV_ATTR_ARRAY || s->shape->len == 0
      || s->shape->len > FMTCONV_MAX_RANK)
    return 0;
  for (const fmtconv_attr *a = s->shape->first; a; a = a->next)
    if (a->kind != FMTCONV_ATTR_INT || a->v.i <= 0 || (uint64_t) a->v.i > INT64_MAX / 16 / s->elements)
      return 0;
    else
      s->elements *= (uint64_t) a->v.i;
  return 1;
}

/* Returns a float that is stored as little-endian bytes. */
static float
stored_float (const unsigned char *at)
{
  const uint32_t bits =
      (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Takes the table of codes, and checks that the stored one is the same. */
static int
take_table (const packed *p, state *s)
{
  const char *type = fmtconv_attr_get_string (s->text, "quant_type", "");
  const fmtconv_tensor *map = packed_part (p, ".quant_map");
  s->table = strcmp (type, "nf4") == 0 ? nf4 : strcmp (type, "fp4") == 0 ? fp4 : NULL;
  if (!s->table || (map && (map->dtype != FMTCONV_F32 || map->bytes != sizeof nf4)))
    return 0;
  memcpy (s->how.table, s->table, sizeof s->how.table);
  const unsigned char *stored = map ? fmtconv_tensor_bytes (map) : NULL;
  for (unsigned i = 0; i < CODES && stored; i++)
    if (stored_float (stored + i * sizeof (float)) != s->table[i])
      return 0;
  return !map || stored;
}

/* Takes the numbers of the description. Returns NULL, or what is wrong with it. */
static const char *
take (const packed *p, state *s)
{
  s->text = text_of (p);
  if (!s->text || !take_shape (s))
    return "its quant_state is missing, or does not describe it";
  const char *dtype = fmtconv_attr_get_string (s->text, "dtype", "");
  const int64_t block = fmtconv_attr_get_int (s->text, "blocksize", 0);
  const int64_t nested = fmtconv_attr_get_int (s->text, "nested_blocksize", 0);
  s->dtype = strcmp (dtype, "float16") == 0    ? FMTCONV_F16
             : strcmp (dtype, "bfloat16") == 0 ? FMTCONV_BF16
             : strcmp (dtype, "float32") == 0  ? FMTCONV_F32
                                               : 0;
  if (!s->dtype || block < 2 || block > 1 << 20 || nested < 0 || nested > 1 << 11)
    return "its quant_state has a data type or a block size that bitsandbytes does not write";
  s->how.block = (uint64_t) block;
  s->how.nested = packed_part (p, ".nested_absmax") ? (uint64_t) nested : 0;
  s->how.offset = (float) fmtconv_attr_get_float (s->text, "nested_offset", 0);
  return take_table (p, s) ? NULL : "its quant_map is not the table of nf4 or fp4";
}

/* Returns a tensor as one row. */
static fmtconv_view *
row_of (const fmtconv_tensor *t)
{
  uint64_t elements = 1;
  for (unsigned i = 0; i < t->rank; i++)
    elements *= t->shape[i];
  return fmtconv_view_reshape (t->view, 2, (const uint64_t[]){ 1, elements });
}

/* Returns whether the parts have their types, and as many numbers as blocks. */
static int
is_complete (const packed *p, const state *s)
{
  const fmtconv_tensor *scales = p->scaling->scale, *nested = packed_part (p, ".nested_absmax");
  const fmtconv_tensor *map = packed_part (p, ".nested_quant_map");
  const uint64_t n = (s->elements + s->how.block - 1) / s->how.block;
  const int known =
      p->scaling->codes->bytes == (s->elements + 1) / 2 && p->scaling->codes->dtype == FMTCONV_U8;
  if (!nested)
    return known && scales->dtype == FMTCONV_F32 && scales->bytes == n * sizeof (float);
  return known && scales->dtype == FMTCONV_U8 && scales->bytes == n && s->how.nested && map
         && map->dtype == FMTCONV_F32 && map->bytes == NESTED_CODES * sizeof (float)
         && nested->dtype == FMTCONV_F32
         && nested->bytes == (n + s->how.nested - 1) / s->how.nested * sizeof (float);
}

fmtconv_view *
bnb_values (const packed *p)
{
  state s = { 0 };
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank = 0;
  const char *why = take (p, &s);
  if (why || !is_complete (p, &s))
    return refuse (p, why ? why : "its parts do not have the sizes that its quant_state gives");
  const uint32_t block = (uint32_t) s.how.block;
  fmtconv_operand operands[N_OPERANDS] = { { .view = row_of (p->scaling->codes), .columns = { 1, 2 } },
                                           { .view = row_of (p->scaling->scale), .columns = { 1, block } } };
  if (s.how.nested)
    {
      operands[AT_NESTED] = (fmtconv_operand){ .view = row_of (packed_part (p, ".nested_absmax")),
                                               .columns = { 1, block * (uint32_t) s.how.nested } };
      operands[AT_MAP] = (fmtconv_operand){ .view = row_of (packed_part (p, ".nested_quant_map")) };
    }
  for (const fmtconv_attr *a = s.shape->first; a; a = a->next)
    shape[rank++] = (uint64_t) a->v.i;
  fmtconv_view *view = fmtconv_view_decode (&codec, p->scaling->name, &s.how, sizeof s.how, 1, s.elements,
                                            operands, s.how.nested ? N_OPERANDS : AT_NESTED);
  return fmtconv_view_reshape (fmtconv_view_cast (view, s.dtype), rank, shape);
}

fmtconv_view *
bnb_int8_values (const packed *p)
{
  const fmtconv_tensor *codes = p->scaling->codes, *scales = p->scaling->scale;
  const fmtconv_tensor *format = packed_part (p, ".weight_format");
  double order = 0;
  if (format && fmtconv_tensor_scalar (format, &order) != 0)
    return NULL;
  if (order != 0)
    return refuse (p, "its weight_format is an order of columns for one kind of processor");
  if (codes->rank != 2 || scales->rank != 1 || scales->shape[0] != codes->shape[0])
    return refuse (p, "it does not have one SCB for each row");
  fmtconv_view *rows = fmtconv_view_reshape (scales->view, 2, (const uint64_t[]){ codes->shape[0], 1 });
  fmtconv_view *view = fmtconv_view_multiply (fmtconv_view_cast (codes->view, FMTCONV_F32), rows, NULL);
  return fmtconv_view_cast (fmtconv_view_scale (view, 7.874015718698502e-3), FMTCONV_F32);
}
