/* plugins/gguf/types.c: the types of GGUF's values and tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

const struct gguf_type gguf_types[GGUF_N_TYPES] = {
  [GGUF_U8] = { FMTCONV_ATTR_UINT, 8 },       [GGUF_I8] = { FMTCONV_ATTR_INT, 8 },
  [GGUF_U16] = { FMTCONV_ATTR_UINT, 16 },     [GGUF_I16] = { FMTCONV_ATTR_INT, 16 },
  [GGUF_U32] = { FMTCONV_ATTR_UINT, 32 },     [GGUF_I32] = { FMTCONV_ATTR_INT, 32 },
  [GGUF_F32] = { FMTCONV_ATTR_FLOAT, 32 },    [GGUF_BOOL] = { FMTCONV_ATTR_BOOL, 0 },
  [GGUF_STRING] = { FMTCONV_ATTR_STRING, 0 }, [GGUF_ARRAY] = { FMTCONV_ATTR_PACKED, 0 },
  [GGUF_U64] = { FMTCONV_ATTR_UINT, 64 },     [GGUF_I64] = { FMTCONV_ATTR_INT, 64 },
  [GGUF_F64] = { FMTCONV_ATTR_FLOAT, 64 },
};

#define BLOCK(type)                                      \
  {                                                      \
    FMTCONV_##type, #type, FMTCONV_##type - FMTCONV_GGML \
  }

const fmtconv_dtype_name gguf_dtypes[] = {
  { FMTCONV_F32, "F32", 0 },
  { FMTCONV_F16, "F16", 1 },
  { FMTCONV_BF16, "BF16", 30 },
  { FMTCONV_F64, "F64", 28 },
  { FMTCONV_I8, "I8", 24 },
  { FMTCONV_I16, "I16", 25 },
  { FMTCONV_I32, "I32", 26 },
  { FMTCONV_I64, "I64", 27 },
  BLOCK (Q4_0),
  BLOCK (Q4_1),
  BLOCK (Q5_0),
  BLOCK (Q5_1),
  BLOCK (Q8_0),
  BLOCK (Q2_K),
  BLOCK (Q3_K),
  BLOCK (Q4_K),
  BLOCK (Q5_K),
  BLOCK (Q6_K),
  BLOCK (IQ2_XXS),
  BLOCK (IQ2_XS),
  BLOCK (IQ3_XXS),
  BLOCK (IQ1_S),
  BLOCK (IQ4_NL),
  BLOCK (IQ3_S),
  BLOCK (IQ2_S),
  BLOCK (IQ4_XS),
  BLOCK (IQ1_M),
  BLOCK (TQ1_0),
  BLOCK (TQ2_0),
  BLOCK (MXFP4),
  BLOCK (NVFP4),
  BLOCK (Q1_0),
  BLOCK (Q2_0),
  { FMTCONV_PLUGIN_TYPE, "types of plugins", -1 },
  { 0 },
};

/* Returns the type of a number of that kind and width; -1: none. */
static int
typed (unsigned kind, unsigned bits)
{
  for (int type = 0; type < GGUF_N_TYPES; type++)
    if (gguf_types[type].kind == kind && gguf_types[type].bits == bits)
      return type;
  return -1;
}

/* Returns the type of an integer; one without a type becomes u32 if possible, as most readers expect. */
static int
integer_type (const fmtconv_attr *value)
{
  if (value->bits)
    return typed (value->is_unsigned ? FMTCONV_ATTR_UINT : FMTCONV_ATTR_INT, value->bits);
  if (value->kind == FMTCONV_ATTR_UINT)
    return GGUF_U64;
  if (value->v.i < 0)
    return value->v.i < INT32_MIN ? GGUF_I64 : GGUF_I32;
  return value->v.i > UINT32_MAX ? GGUF_U64 : GGUF_U32;
}

const fmtconv_packed *
gguf_bytes_of (const fmtconv_attr *value)
{
  const fmtconv_attr *first = value->kind == FMTCONV_ATTR_OBJECT && value->len == 1 ? value->first : NULL;
  return first && !strcmp (first->key, GGUF_BYTES) && first->kind == FMTCONV_ATTR_PACKED ? first->v.packed
                                                                                         : NULL;
}

int
gguf_is_text (const fmtconv_attr *value)
{
  if (value->kind == FMTCONV_ATTR_PACKED && value->v.packed->kind == FMTCONV_ATTR_STRING)
    return value->v.packed->is_text;
  return !gguf_bytes_of (value);
}

int
gguf_type_of (const fmtconv_attr *value)
{
  switch (value->kind)
    {
    case FMTCONV_ATTR_BOOL:
      return GGUF_BOOL;
    case FMTCONV_ATTR_INT:
    case FMTCONV_ATTR_UINT:
      return integer_type (value);
    case FMTCONV_ATTR_FLOAT:
      return typed (FMTCONV_ATTR_FLOAT, value->bits                              ? value->bits
                                        : fmtconv_attr_float_is_f32 (value->v.f) ? 32
                                                                                 : 64);
    case FMTCONV_ATTR_STRING:
      return GGUF_STRING;
    case FMTCONV_ATTR_PACKED:
      return GGUF_ARRAY;
    case FMTCONV_ATTR_ARRAY:
      return gguf_item_type_of (value) >= 0 ? GGUF_ARRAY : -1;
    case FMTCONV_ATTR_OBJECT:
      return gguf_bytes_of (value) ? GGUF_STRING : -1;
    default:
      return -1;
    }
}

/* Returns a type that holds all untyped integers: i32 if possible, as in arrays of gguf-py; -1: none. */
static int
common_integer (const fmtconv_attr *array)
{
  int type = GGUF_I32, negative = 0;
  for (const fmtconv_attr *item = array->first; item; item = item->next)
    {
      negative = negative || (item->kind == FMTCONV_ATTR_INT && item->v.i < 0);
      if (item->kind == FMTCONV_ATTR_UINT)
        type = GGUF_U64;
      else if (type == GGUF_I32 && (item->v.i < INT32_MIN || item->v.i > INT32_MAX))
        type = GGUF_I64;
    }
  return type == GGUF_U64 && negative ? -1 : type;
}

static int
is_integer (const fmtconv_attr *value)
{
  return value->kind == FMTCONV_ATTR_INT || value->kind == FMTCONV_ATTR_UINT;
}

/* Returns whether all items have the kind and type of the first. */
static int
are_equal (const fmtconv_attr *array)
{
  const fmtconv_attr *first = array->first;
  for (const fmtconv_attr *item = first; item; item = item->next)
    if (item->bits != first->bits || item->is_unsigned != first->is_unsigned
        || (is_integer (first) ? !is_integer (item) : item->kind != first->kind))
      return 0;
  return 1;
}

int
gguf_item_type_of (const fmtconv_attr *array)
{
  const fmtconv_attr *first = array->first;
  if (array->kind == FMTCONV_ATTR_PACKED)
    {
      const fmtconv_packed *p = array->v.packed;
      if (p->kind == FMTCONV_ATTR_BOOL || p->kind == FMTCONV_ATTR_STRING)
        return p->kind == FMTCONV_ATTR_BOOL ? GGUF_BOOL : GGUF_STRING;
      return typed (p->is_unsigned ? FMTCONV_ATTR_UINT : p->kind, p->bits);
    }
  if (!first || first->kind == FMTCONV_ATTR_PACKED || !are_equal (array))
    return -1;
  if (is_integer (first) && !first->bits)
    return common_integer (array);
  int type = gguf_type_of (first);
  if (first->kind == FMTCONV_ATTR_FLOAT && !first->bits)
    for (const fmtconv_attr *item = first; item; item = item->next)
      type = gguf_type_of (item) == GGUF_F64 ? GGUF_F64 : type;
  return type == GGUF_ARRAY ? -1 : type;
}
