/* core/pickle/numpy.c: numpy arrays in a pickle, read as tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * How numpy pickles (numpy/_core/src/multiarray: methods.c, array_reduce_ex; descriptor.c, arraydescr_reduce):
 *   _reconstruct (type, (0,), b'b'), then the state (1, shape, dtype, is_fortran, bytes)
 *   _frombuffer (bytes, dtype, shape, order[, axes]), from protocol 5 on
 *   dtype (code, False, True), then the state (3, byte order, subarray, names, fields, …) */
#include "config.h"

#include "core/pickle/numpy.h"
#include "core/pickle/storage.h"
#include <string.h>

/* The parts of an array, wherever its pickle keeps them. */
typedef struct parts
{
  const fmtconv_value *shape;
  const fmtconv_value *dtype;
  const fmtconv_value *bytes;
  const fmtconv_value *axes; /* order of the axes; NULL: as they are */
  bool is_fortran;
} parts;

bool
fci_torch_is_array (const fci_pickle_object *object)
{
  return object->callee->role == FCI_ROLE_ARRAY || object->callee->role == FCI_ROLE_BUFFER;
}

static bool
is_true (const fmtconv_value *value)
{
  return (value->kind == FMTCONV_VALUE_BOOL || value->kind == FMTCONV_VALUE_INT) && value->v.i;
}

/* Finds the parts of a finished array. */
static bool
find_parts (fci_pickle_object *array, parts *p)
{
  const fci_pickle_parts *all = fci_pickle_parts_of (array);
  if (!all)
    return false;
  const fci_pickle_items *args = all->args.v.items;
  if (array->callee->role == FCI_ROLE_BUFFER)
    {
      if (args->n < 4 || args->n > 5)
        return false;
      *p = (parts){ .bytes = &args->at[0], .dtype = &args->at[1], .shape = &args->at[2] };
      p->is_fortran = fmtconv_value_is (&args->at[3], "F");
      p->axes = args->n == 5 && args->at[4].kind == FMTCONV_VALUE_TUPLE ? &args->at[4] : NULL;
      return p->is_fortran || p->axes || fmtconv_value_is (&args->at[3], "C");
    }
  const fci_pickle_items *state = all->state.kind == FMTCONV_VALUE_TUPLE ? all->state.v.items : NULL;
  if (!state || state->n < 4 || state->n > 5)
    return false;
  const fmtconv_value *at = state->at + (state->n - 4); /* the oldest state has no version */
  *p = (parts){ .shape = &at[0], .dtype = &at[1], .is_fortran = is_true (&at[2]), .bytes = &at[3] };
  return true;
}

/* Returns the code of a type: "f4"; NULL: a type without one. */
static const fmtconv_value *
code_of (const fmtconv_value *dtype)
{
  const fci_pickle_items *args =
      fci_pickle_has_role (dtype, FCI_ROLE_NUMPY_DTYPE) ? fci_pickle_args_of (dtype->v.object) : NULL;
  return args && args->n && args->at[0].kind == FMTCONV_VALUE_STRING && args->at[0].len ? &args->at[0] : NULL;
}

/* Texts, dates and objects have elements that are not numbers; what is unknown is left to the error of reading. */
bool
fci_torch_array_is_numbers (fci_pickle_object *array)
{
  parts p;
  if (!find_parts (array, &p))
    return true;
  const fmtconv_value *code = code_of (p.dtype);
  return code ? !memchr ("SUOMm", *code->v.s, 5) : !fci_pickle_has_role (p.dtype, FCI_ROLE_OPAQUE);
}

static const struct
{
  const char *code;
  uint32_t dtype;
} types[] = {
  { "b1", FMTCONV_BOOL }, { "i1", FMTCONV_I8 },    { "i2", FMTCONV_I16 }, { "i4", FMTCONV_I32 },
  { "i8", FMTCONV_I64 },  { "u1", FMTCONV_U8 },    { "u2", FMTCONV_U16 }, { "u4", FMTCONV_U32 },
  { "u8", FMTCONV_U64 },  { "f2", FMTCONV_F16 },   { "f4", FMTCONV_F32 }, { "f8", FMTCONV_F64 },
  { "c8", FMTCONV_C64 },  { "c16", FMTCONV_C128 },
};

/* Reads the byte order from the state of a type. */
static int
read_order (fmtconv_ctx *ctx, const fmtconv_value *dtype, fci_torch_tensor *t)
{
  const fmtconv_value *state = fmtconv_value_state (dtype);
  if (!state)
    return t->code = fmtconv_ctx_failed (ctx);
  if (state->kind == FMTCONV_VALUE_NONE)
    return 0;
  const fci_pickle_items *part = state->kind == FMTCONV_VALUE_TUPLE ? state->v.items : NULL;
  if (!part || part->n < 5)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its numpy type has no valid state");
  if (part->at[2].kind != FMTCONV_VALUE_NONE || part->at[3].kind != FMTCONV_VALUE_NONE
      || part->at[4].kind != FMTCONV_VALUE_NONE)
    return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED,
                            "it is a numpy array of records, which no plain format holds");
  t->swap = fmtconv_value_is (&part->at[1], ">");
  if (!t->swap && !fmtconv_value_is (&part->at[1], "<") && !fmtconv_value_is (&part->at[1], "|"))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its numpy type names no byte order");
  return 0;
}

static int
read_type (fmtconv_ctx *ctx, const fmtconv_value *dtype, fci_torch_tensor *t)
{
  const fmtconv_value *code = code_of (dtype);
  if (!code)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its numpy type is a %s",
                            fmtconv_value_describe (ctx, dtype));
  if (read_order (ctx, dtype, t))
    return t->code;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (fmtconv_value_is (code, types[i].code))
      {
        t->dtype = types[i].dtype;
        t->item = fmtconv_dtype_get (t->dtype)->block_bytes;
        return 0;
      }
  return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED,
                          "its numpy type is '%.*s', which torch does not have",
                          code->len < 32 ? (int) code->len : 32, code->v.s);
}

/* Sets dense strides: the last axis is innermost, or the first. */
static int
set_strides (fmtconv_ctx *ctx, fci_torch_tensor *t, bool is_fortran)
{
  uint64_t step = 1;
  for (unsigned i = 0; i < t->rank; i++)
    {
      unsigned axis = is_fortran ? i : t->rank - 1 - i;
      t->stride[axis] = step;
      if (__builtin_mul_overflow (step, t->shape[axis], &step))
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its shape exceeds 64 bits");
    }
  t->held = step;
  return 0;
}

/* Permutes the axes: axis i of the array is axis axes[i] of the elements as they lie. */
static int
permute (fmtconv_ctx *ctx, fci_torch_tensor *t, const fmtconv_value *axes)
{
  uint64_t order[FMTCONV_MAX_RANK], shape[FMTCONV_MAX_RANK], stride[FMTCONV_MAX_RANK];
  unsigned n = 0, seen = 0;
  if (fci_torch_read_numbers (ctx, t, "order of axes", axes, order, &n))
    return t->code;
  for (unsigned i = 0; i < n && i < t->rank && order[i] < t->rank; i++)
    {
      shape[i] = t->shape[order[i]];
      stride[i] = t->stride[order[i]];
      seen |= 1u << order[i];
    }
  if (n != t->rank || seen != (1u << n) - 1)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its order of axes is not one of its %u axes", t->rank);
  memcpy (t->shape, shape, n * sizeof *shape);
  memcpy (t->stride, stride, n * sizeof *stride);
  return 0;
}

/* Finds the bytes: as they are, or as a text that the collector decodes and measures. */
static int
find_bytes (fmtconv_ctx *ctx, const fmtconv_value *bytes, fci_torch_tensor *t)
{
  const fci_pickle_items *of_none =
      fci_pickle_has_role (bytes, FCI_ROLE_NO_BYTES) ? fci_pickle_args_of (bytes->v.object) : NULL;
  const bool none = of_none && of_none->n == 0;
  t->storage_bytes = t->bytes;
  if (fci_pickle_has_role (bytes, FCI_ROLE_ENCODE))
    {
      t->text = bytes->v.object;
      return 0;
    }
  if (bytes->kind != FMTCONV_VALUE_BYTES && !none)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its elements are a %s, not bytes",
                            fmtconv_value_describe (ctx, bytes));
  uint32_t n = none ? 0 : bytes->len;
  t->inside = none ? NULL : (const uint8_t *) bytes->v.s;
  if (n != t->bytes)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its elements are %u bytes, but its shape needs %llu",
                            n, (unsigned long long) t->bytes);
  return 0;
}

int
fci_torch_array_read (fmtconv_ctx *ctx, fci_pickle_object *array, fci_torch_tensor *t)
{
  parts p = { 0 };
  t->is_array = true;
  if (!find_parts (array, &p))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT,
                            "its numpy array has no valid shape, type and elements");
  if (read_type (ctx, p.dtype, t) || fci_torch_read_numbers (ctx, t, "shape", p.shape, t->shape, &t->rank)
      || set_strides (ctx, t, p.is_fortran) || (p.axes && permute (ctx, t, p.axes))
      || fci_torch_check_geometry (ctx, t))
    return t->code;
  return find_bytes (ctx, p.bytes, t);
}
