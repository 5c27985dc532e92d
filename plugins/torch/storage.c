/* plugins/torch/storage.c: persistent ids: ('storage', type, key, location, elements).
 * SPDX-License-Identifier: Apache-2.0 */
#include "plugins/torch/storage.h"
#include <string.h>

/* A plain name: one component of the name of an archive member. */
static int
read_key (fmtconv_ctx *ctx, const pk_value *key, torch_tensor *t)
{
  if (key->kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is a %s, not a string",
                        pk_describe (ctx, key));
  if (key->len == 0 || key->len > 255 || memchr (key->v.s, '/', key->len) || memchr (key->v.s, 0, key->len))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is not a plain name");
  t->key = fmtconv_text (ctx, "%.*s", (int) key->len, key->v.s);
  return 0;
}

/* The element type: the storage's class has one, or the tensor names it; where both do, they agree. */
static int
read_type (fmtconv_ctx *ctx, const pk_value *type, uint32_t dtype, torch_tensor *t)
{
  const pk_global *class = type->kind == PK_GLOBAL ? type->v.global : NULL;
  if (!class || class->role < ROLE_STORAGE || class->role > ROLE_TYPED)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's type is a %s", pk_describe (ctx, type));
  if (class->why)
    return torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its storage is a %s.%s, %s", class->module,
                        class->name, class->why);
  if (class->role == ROLE_STORAGE && dtype && dtype != class->dtype)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "it is %s, its storage is a %s.%s",
                        fmtconv_dtype (dtype)->name, class->module, class->name);
  if (class->role == ROLE_TYPED && !dtype)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "neither it nor its storage names the element type");
  t->dtype = class->role == ROLE_STORAGE ? class->dtype : dtype ? dtype : FMTCONV_U8;
  t->item = fmtconv_dtype (t->dtype)->block_bytes;
  return 0;
}

static int
read_size (fmtconv_ctx *ctx, const pk_value *type, const pk_value *count, torch_tensor *t)
{
  uint64_t item = type->v.global->role == ROLE_UNTYPED ? 1 : t->item;
  if (count->kind != PK_INT)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's size is a %s, not an int",
                        pk_describe (ctx, count));
  if (count->v.i < 0 || __builtin_mul_overflow ((uint64_t) count->v.i, item, &t->storage_bytes))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage has an impossible size of %lld elements",
                        (long long) count->v.i);
  return 0;
}

int
torch_storage_read (fmtconv_ctx *ctx, const pk_value *id, uint32_t dtype, torch_tensor *t)
{
  if (id->kind != PK_STORAGE)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "a %s where its storage should be", pk_describe (ctx, id));
  const pk_items *part = id->v.object->args;
  if (part->n == 0 || !pk_is (&part->at[0], "storage"))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "a persistent id that is no storage");
  if (part->n < 5 || part->n > 6)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "a storage id of %u parts, not 5", part->n);
  if (part->n == 6 && part->at[5].kind != PK_NONE)
    return torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its storage is a view of another (legacy)");
  if (part->at[3].kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's location is a %s, not a string",
                        pk_describe (ctx, &part->at[3]));
  if (read_type (ctx, &part->at[1], dtype, t) || read_key (ctx, &part->at[2], t))
    return t->code;
  return read_size (ctx, &part->at[1], &part->at[4], t);
}
