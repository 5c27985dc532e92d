/* core/pickle/tensor.c: reads the calls that rebuild a tensor, and checks the geometry of the result.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/pickle/numpy.h"
#include "core/pickle/storage.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_WRAPS = 32, /* parameters around a tensor; torch writes one or two */
  MAX_NOTES = 16  /* of a tensor; torch writes one or two */
};

static int
wrong_count (fmtconv_ctx *ctx, fci_torch_tensor *t, const fci_pickle_global *callee, uint32_t n)
{
  return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "%s.%s is called with %u arguments",
                          callee->public.module, callee->public.name, n);
}

/* Steps from a parameter or subclass to the tensor that it wraps. */
static int
unwrap_once (fmtconv_ctx *ctx, fci_torch_tensor *t, const fci_pickle_global **callee,
             const fci_pickle_items **args)
{
  fci_pickle_role role = (*callee)->role;
  uint32_t n = (*args)->n;
  const fmtconv_value *at = (*args)->at;
  if (role == FCI_ROLE_FROM_TYPE)
    {
      if (n != 4 || at[0].kind != FMTCONV_VALUE_GLOBAL || at[2].kind != FMTCONV_VALUE_TUPLE)
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT,
                                "_rebuild_from_type_v2 without function, type, arguments and state");
      *callee = at[0].v.global;
      *args = at[2].v.items;
      return 0;
    }
  if (role == FCI_ROLE_PARAMETER ? n != 3 : role == FCI_ROLE_PARAMETER_STATE ? n != 4 : n < 1 || n > 2)
    return wrong_count (ctx, t, *callee, n);
  if (!fci_pickle_is_tensor (&at[0]))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the parameter wraps a %s, not a tensor",
                            fmtconv_value_describe (ctx, &at[0]));
  *callee = at[0].v.object->callee;
  *args = fci_pickle_args_of (at[0].v.object);
  return *args ? 0 : (t->code = fmtconv_ctx_failed (ctx));
}

/* Removes all wrappers; then the callee is one of the three functions that take a storage. */
static int
unwrap (fmtconv_ctx *ctx, fci_torch_tensor *t, const fci_pickle_global **callee,
        const fci_pickle_items **args)
{
  for (unsigned i = 0; i <= MAX_WRAPS; i++)
    {
      if ((*callee)->role >= FCI_ROLE_TENSOR && (*callee)->role <= FCI_ROLE_TENSOR_V3)
        return 0;
      if ((*callee)->role == FCI_ROLE_REFUSED)
        return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "%s (%s.%s)", (*callee)->why,
                                (*callee)->public.module, (*callee)->public.name);
      if ((*callee)->role < FCI_ROLE_TENSOR)
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT,
                                "it is rebuilt by %s.%s, which does not make a tensor",
                                (*callee)->public.module, (*callee)->public.name);
      if (unwrap_once (ctx, t, callee, args))
        return t->code;
    }
  return fci_torch_wrong (ctx, t, FMTCONV_E_LIMIT, "more than %d parameters around a tensor", MAX_WRAPS);
}

int
fci_torch_read_numbers (fmtconv_ctx *ctx, fci_torch_tensor *t, const char *what, const fmtconv_value *value,
                        uint64_t *to, unsigned *rank)
{
  const fci_pickle_items *size =
      fci_pickle_has_role (value, FCI_ROLE_SIZE) ? fci_pickle_args_of (value->v.object) : NULL;
  if (size && size->n == 1)
    value = &size->at[0];
  if (value->kind != FMTCONV_VALUE_TUPLE)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its %s is a %s, not a tuple", what,
                            fmtconv_value_describe (ctx, value));
  const fci_pickle_items *items = value->v.items;
  if (items->n > FMTCONV_MAX_RANK)
    return fci_torch_wrong (ctx, t, FMTCONV_E_LIMIT, "it has %u dimensions, more than the limit of %d",
                            items->n, FMTCONV_MAX_RANK);
  for (uint32_t i = 0; i < items->n; i++)
    {
      if (items->at[i].kind != FMTCONV_VALUE_INT)
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its %s has a %s, not an int, at %u", what,
                                fmtconv_value_describe (ctx, &items->at[i]), i);
      if (items->at[i].v.i < 0)
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its %s has a negative number at %u", what, i);
      to[i] = (uint64_t) items->at[i].v.i;
    }
  *rank = items->n;
  return 0;
}

int
fci_torch_check_geometry (fmtconv_ctx *ctx, fci_torch_tensor *t)
{
  uint64_t span = 0;
  t->elements = 1;
  for (unsigned i = 0; i < t->rank; i++)
    if (t->shape[i] == 0)
      t->elements = 0;
  if (t->elements == 0)
    return 0;
  for (unsigned i = 0; i < t->rank; i++)
    {
      uint64_t reach;
      if (__builtin_mul_overflow (t->elements, t->shape[i], &t->elements)
          || __builtin_mul_overflow (t->shape[i] - 1, t->stride[i], &reach)
          || __builtin_add_overflow (span, reach, &span))
        return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its shape and strides exceed 64 bits");
    }
  if (__builtin_mul_overflow (t->elements, (uint64_t) t->item, &t->bytes) || t->bytes > INT64_MAX)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its size exceeds 64 bits");
  if (t->offset >= t->held || span >= t->held - t->offset)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "it reaches beyond its storage of %llu elements",
                            (unsigned long long) t->held);
  t->repeated = t->elements > span ? (t->elements - span - 1) * t->item : 0;
  return 0;
}

/* Rejects lazily conjugated or negated views: the stored bytes are not their values. */
static int
check_notes (fmtconv_ctx *ctx, fci_torch_tensor *t, const fmtconv_value *notes)
{
  static const char *const lazy[] = { "conj", "neg" };
  /* Many tensors can share the notes, so their search must be bounded. */
  if (notes->kind == FMTCONV_VALUE_DICT && notes->v.items->n > 2 * MAX_NOTES)
    return fci_torch_wrong (ctx, t, FMTCONV_E_LIMIT, "it has more than %d notes about its values", MAX_NOTES);
  for (unsigned i = 0; i < 2 && notes->kind == FMTCONV_VALUE_DICT; i++)
    {
      const fmtconv_value *note = fmtconv_value_find (notes, lazy[i]);
      if (note && !(note->kind == FMTCONV_VALUE_BOOL && note->v.i == 0))
        return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "it is a lazy '%s' of the stored values",
                                lazy[i]);
    }
  return 0;
}

static int
read_dtype (fmtconv_ctx *ctx, fci_torch_tensor *t, const fmtconv_value *value, uint32_t *dtype)
{
  const fci_pickle_global *global = value->kind == FMTCONV_VALUE_GLOBAL ? value->v.global : NULL;
  if (!global || global->role != FCI_ROLE_DTYPE)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its element type is a %s",
                            fmtconv_value_describe (ctx, value));
  if (global->why)
    return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its element type is %s.%s, %s",
                            global->public.module, global->public.name, global->why);
  *dtype = global->dtype;
  return 0;
}

static int
read_offset (fmtconv_ctx *ctx, fci_torch_tensor *t, const fmtconv_value *offset)
{
  if (offset->kind != FMTCONV_VALUE_INT)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its offset is a %s, not an int",
                            fmtconv_value_describe (ctx, offset));
  if (offset->v.i < 0)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its offset is negative");
  t->offset = (uint64_t) offset->v.i;
  return 0;
}

/* The arguments: storage, offset, size, stride; since v2 requires_grad, hooks; since v3 dtype; then optional
 * notes. */
int
fci_torch_tensor_read (fmtconv_ctx *ctx, fci_pickle_object *object, fci_torch_tensor *t)
{
  *t = (fci_torch_tensor){ 0 };
  if (fci_torch_is_array (object))
    return fci_torch_array_read (ctx, object, t);
  const fci_pickle_global *callee = object->callee;
  const fci_pickle_items *args = fci_pickle_args_of (object);
  uint32_t dtype = 0;
  unsigned strides;
  if (!args)
    return t->code = fmtconv_ctx_failed (ctx);
  if (unwrap (ctx, t, &callee, &args))
    return t->code;
  uint32_t due = callee->role == FCI_ROLE_TENSOR ? 4 : callee->role == FCI_ROLE_TENSOR_V2 ? 6 : 7;
  if (args->n != due && (due == 4 || args->n != due + 1))
    return wrong_count (ctx, t, callee, args->n);
  if ((due == 7 && read_dtype (ctx, t, &args->at[6], &dtype))
      || fci_torch_storage_read (ctx, &args->at[0], dtype, t) || read_offset (ctx, t, &args->at[1])
      || fci_torch_read_numbers (ctx, t, "size", &args->at[2], t->shape, &t->rank)
      || fci_torch_read_numbers (ctx, t, "stride", &args->at[3], t->stride, &strides)
      || (args->n > due && check_notes (ctx, t, &args->at[due])))
    return t->code;
  if (strides != t->rank)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "it has %u sizes, but %u strides", t->rank, strides);
  return fci_torch_check_geometry (ctx, t);
}

fmtconv_source *
fci_torch_text_decode (fmtconv_ctx *ctx, fci_pickle_object *text)
{
  fci_pickle_parts *parts = fci_pickle_parts_of (text);
  if (!parts)
    return NULL;
  const fci_pickle_items *args = parts->args.v.items;
  if (parts->kept.decoded || args->n != 2 || args->at[0].kind != FMTCONV_VALUE_STRING
      || !fmtconv_value_is (&args->at[1], "latin1"))
    return parts->kept.decoded;
  return parts->kept.decoded =
             fmtconv_source_latin1 (ctx, args->at[0].v.s, args->at[0].len, "bytes in the pickle");
}
