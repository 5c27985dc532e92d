/* plugins/gguf/fold.c: tensors stored with another shape, and keys with their original shapes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  COMFY_ROW = 256
};

static int
is_empty (const fmtconv_tensor *t)
{
  for (unsigned d = 0; d < t->rank; d++)
    if (!t->shape[d])
      return 1;
  return 0;
}

/* Returns whether blocks run over the ends of rows, whose lengths they do not divide. */
static int
is_flat (const fmtconv_tensor *t)
{
  return t->rank && t->shape[t->rank - 1] % fmtconv_dtype_get (t->dtype)->block && !is_empty (t);
}

int
gguf_is_folded (const fmtconv_tensor *t, unsigned max_rank)
{
  return t->rank > max_rank || (t->rank > 1 && is_empty (t)) || (!t->rank && t->dtype == FMTCONV_BF16)
         || is_flat (t);
}

/* Rows of 256 elements, as ComfyUI-GGUF stores them, or of one block. */
static unsigned
fold_blocks (const fmtconv_tensor *t, uint64_t shape[2])
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (t->dtype);
  const uint64_t elements = t->bytes / info->block_bytes * info->block;
  shape[1] = elements % COMFY_ROW ? info->block : COMFY_ROW;
  shape[0] = elements / shape[1];
  return 2;
}

/* Merges leading dimensions; a tensor without elements gets one dimension of zero. */
unsigned
gguf_fold (const fmtconv_tensor *t, unsigned max_rank, uint64_t shape[FMTCONV_MAX_RANK])
{
  if (is_flat (t))
    return fold_blocks (t, shape);
  unsigned folded = t->rank > max_rank ? t->rank - max_rank : 0, rank = t->rank - folded;
  if (gguf_is_folded (t, max_rank) && (!t->rank || is_empty (t)))
    {
      shape[0] = t->rank ? 0 : 1;
      return 1;
    }
  for (unsigned d = 0; d < rank; d++)
    shape[d] = t->shape[folded + d];
  for (unsigned d = 0; d < folded; d++)
    shape[0] *= t->shape[d];
  return rank;
}

/* Writes the shape as i32, like ComfyUI-GGUF, or as i64 if necessary. */
static void
put_shape (fmtconv_ctx *ctx, fmtconv_attr *keys, const fmtconv_tensor *t)
{
  const char *key = gguf_key (ctx, GGUF_SHAPE, t->name);
  fmtconv_attr *shape = fmtconv_attr_literal (ctx, "[]");
  unsigned bits = 32;
  for (unsigned d = 0; d < t->rank; d++)
    bits = t->shape[d] > INT32_MAX ? 64 : bits;
  for (unsigned d = 0; d < t->rank; d++)
    fmtconv_attr_set_typed_int (shape, NULL, (int64_t) t->shape[d], bits);
  fmtconv_attr_set (keys, key, shape);
}

/* Adds the key with the original shape of a tensor, if it is stored with another. */
static void
put_original (fmtconv_ctx *ctx, fmtconv_attr *keys, const struct gguf_files *files, const fmtconv_tensor *t,
              fmtconv_attr *scalars)
{
  fmtconv_attr *given = fmtconv_attr_get (files->shapes, t->name);
  if (given)
    fmtconv_attr_set (keys, gguf_key (ctx, GGUF_SHAPE, t->name), given);
  else if (gguf_is_folded (t, files->max_rank) && t->rank)
    put_shape (ctx, keys, t);
  else if (gguf_is_folded (t, files->max_rank))
    fmtconv_attr_set_string (scalars, NULL, t->name);
}

void
gguf_put_shapes (fmtconv_ctx *ctx, fmtconv_attr *keys, const struct gguf_files *files, size_t from, size_t to)
{
  fmtconv_attr *scalars = fmtconv_attr_literal (ctx, "[]");
  size_t longest = 0;
  for (size_t i = from; i < to; i++)
    longest = strlen (files->tensors[i]->name) > longest ? strlen (files->tensors[i]->name) : longest;
  if (longest > GGUF_NAME_BYTES)
    fmtconv_attr_set_typed_uint (keys, GGUF_NAME_LIMIT, longest, 32);
  for (size_t i = from; i < to; i++)
    put_original (ctx, keys, files, files->tensors[i], scalars);
  if (scalars && scalars->len)
    fmtconv_attr_set (keys, GGUF_SCALARS, scalars);
}

/* Returns the dimensions in a key, which must have as many elements as the tensor; NULL: an error. */
static const fmtconv_attr *
shape_list (const struct gguf_file *f, const struct gguf_info *t, const char *key, fmtconv_attr *packed)
{
  uint64_t stored = 1, given = 1;
  const fmtconv_attr *list = NULL;
  if (packed->kind == FMTCONV_ATTR_PACKED && packed->v.packed->kind == FMTCONV_ATTR_INT
      && packed->len <= FMTCONV_MAX_RANK)
    list = fmtconv_attr_unpack (packed);
  if (!list)
    {
      gguf_fail (f, t->at, t->name, fmtconv_ctx_printf (f->ctx, "the key '%s' is not a shape", key));
      return NULL;
    }
  for (const fmtconv_attr *d = list->first; d; d = d->next)
    if (d->kind != FMTCONV_ATTR_INT || d->v.i < 0)
      {
        gguf_fail (f, t->at, t->name, fmtconv_ctx_printf (f->ctx, "the key '%s' is not a shape", key));
        return NULL;
      }
  int is_empty = 0, wraps = 0;
  for (const fmtconv_attr *d = list->first; d; d = d->next)
    {
      is_empty = is_empty || !d->v.u;
      wraps = wraps || (d->v.u && (__builtin_mul_overflow (given, d->v.u, &given) || given > INT64_MAX));
    }
  given = wraps ? UINT64_MAX : is_empty ? 0 : given;
  for (unsigned d = 0; d < t->rank; d++)
    stored *= t->shape[d];
  if (given != stored)
    {
      gguf_fail (
          f, t->at, t->name,
          fmtconv_ctx_printf (f->ctx, "the shape in the key '%s' has a different number of elements", key));
      return NULL;
    }
  return list;
}

/* Adds the names of scalars in the keys of `from` to an object, which finds them fast. */
static int
add_scalars (struct gguf_file *f, const struct gguf_file *from)
{
  fmtconv_attr *names = fmtconv_attr_get (from->keys, GGUF_SCALARS);
  if (!names)
    return fmtconv_ctx_failed (f->ctx);
  if (names->kind != FMTCONV_ATTR_PACKED || names->v.packed->kind != FMTCONV_ATTR_STRING
      || names->len > GGUF_MAX_TENSORS)
    return gguf_fail (from, 0, NULL, "the key '" GGUF_SCALARS "' is not a list of names");
  const fmtconv_attr *list = fmtconv_attr_unpack (names);
  for (const fmtconv_attr *name = list ? list->first : NULL; name; name = name->next)
    fmtconv_attr_set_bool (f->scalars, name->v.s, 1);
  return fmtconv_ctx_failed (f->ctx);
}

static int
list_scalars (struct gguf_file *f, const struct gguf_file *first)
{
  f->scalars = fmtconv_attr_object (f->ctx);
  if (add_scalars (f, f) || f->keys == first->keys)
    return fmtconv_ctx_failed (f->ctx);
  return add_scalars (f, first);
}

/* Returns the key with the tensor's original shape, as its name or as gguf_key escapes it; NULL: none. */
static fmtconv_attr *
find_shape (struct gguf_file *f, const struct gguf_file *first, const char *name)
{
  const char *const spelled[] = { fmtconv_ctx_printf (f->ctx, GGUF_SHAPE "%s", name),
                                  gguf_key (f->ctx, GGUF_SHAPE, name) };
  fmtconv_attr *found = NULL;
  for (size_t i = 0; i < 2 && !found && spelled[i]; i++)
    {
      found = fmtconv_attr_get (f->keys, spelled[i]);
      if (!found)
        found = fmtconv_attr_get (first->keys, spelled[i]);
    }
  return found;
}

fmtconv_view *
gguf_restore (struct gguf_file *f, const struct gguf_file *first, fmtconv_attr *used,
              const struct gguf_info *t, fmtconv_view *view)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank = 0;
  if (!f->scalars && list_scalars (f, first))
    return NULL;
  if (t->rank == 1 && t->shape[0] == 1 && fmtconv_attr_get (f->scalars, t->name))
    return fmtconv_view_reshape (view, 0, NULL);
  fmtconv_attr *packed = f->has_shapes || first->has_shapes ? find_shape (f, first, t->name) : NULL;
  if (!packed)
    return view;
  const fmtconv_attr *list = shape_list (f, t, packed->key, packed);
  for (const fmtconv_attr *d = list ? list->first : NULL; d; d = d->next)
    shape[rank++] = d->v.u;
  fmtconv_attr_set_bool (used, packed->key, 1);
  return list ? fmtconv_view_reshape (view, rank, shape) : NULL;
}
