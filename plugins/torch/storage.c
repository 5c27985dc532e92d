/* plugins/torch/storage.c: reads persistent ids: ('storage', type, key, location, elements).
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/legacy.h"
#include "plugins/torch/storage.h"
#include <string.h>

/* Reads the key, which must be one component of an archive member's name. */
static int
read_key (fmtconv_ctx *ctx, const pk_value *key, torch_tensor *t)
{
  if (key->kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is a %s, not a string",
                        pk_describe (ctx, key));
  if (key->len == 0 || key->len > 255 || memchr (key->v.s, '/', key->len) || memchr (key->v.s, 0, key->len))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is not a plain name");
  t->key = fmtconv_ctx_printf (ctx, "%.*s", (int) key->len, key->v.s);
  return 0;
}

/* Reads the element type from the storage's class or the tensor; if both have one, they must agree. */
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
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "it is %s, but its storage is a %s.%s",
                        fmtconv_dtype_get (dtype)->name, class->module, class->name);
  if (class->role == ROLE_TYPED && !dtype)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "neither it nor its storage names the element type");
  t->dtype = class->role == ROLE_STORAGE ? class->dtype : dtype ? dtype : FMTCONV_U8;
  t->item = fmtconv_dtype_get (t->dtype)->block_bytes;
  t->untyped = class->role == ROLE_UNTYPED;
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

/* Checks the form of a storage id. */
static int
check_parts (fmtconv_ctx *ctx, const pk_value *id, torch_tensor *t)
{
  const pk_items *part = id->v.object->args;
  if (part->n == 0 || !pk_is (&part->at[0], "storage"))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the persistent id is not that of a storage");
  if (part->n < 5 || part->n > 6)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage id has %u parts, not 5", part->n);
  if (part->at[3].kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's location is a %s, not a string",
                        pk_describe (ctx, &part->at[3]));
  return 0;
}

/* Reads (key, first element, elements): the part of a storage that old versions of torch treat as a storage.
 * */
static int
read_part (fmtconv_ctx *ctx, const pk_value *part, torch_tensor *t)
{
  t->held = t->storage_bytes / t->item;
  if (!part || part->kind == PK_NONE)
    return 0;
  const pk_value *at = part->kind == PK_TUPLE && part->v.items->n == 3 ? part->v.items->at : NULL;
  if (!at || at[0].kind != PK_STRING || at[1].kind != PK_INT || at[2].kind != PK_INT)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its part of a storage is not a key and two numbers");
  if (at[1].v.i < 0 || at[2].v.i < 0 || (uint64_t) at[1].v.i > t->held
      || (uint64_t) at[2].v.i > t->held - (uint64_t) at[1].v.i)
    return torch_wrong (
        ctx, t, FMTCONV_E_FORMAT,
        "its part of a storage, %lld elements from %lld, exceeds the storage of %llu elements",
        (long long) at[2].v.i, (long long) at[1].v.i, (unsigned long long) t->held);
  t->first = (uint64_t) at[1].v.i;
  t->held = (uint64_t) at[2].v.i;
  return 0;
}

/* A storage inside a pickle, as the bytes of a legacy file. */
typedef struct torch_inner
{
  pk_value id; /* persistent */
  const uint8_t *data;
} torch_inner;

/* Returns the reason for rejecting a storage.  Pickles before protocol 3 keep bytes as latin1 text. */
static const char *
refuse_inner (fmtconv_ctx *ctx, const pk_items *args)
{
  if (args->n == 1 && args->at[0].kind == PK_OBJECT)
    return "its storage is kept as text: pickle it with protocol 3 or later, or use torch.save";
  return args->n == 1
             ? fmtconv_ctx_printf (ctx, "its storage is loaded from a %s", pk_describe (ctx, &args->at[0]))
             : "its storage is not loaded from exactly one value";
}

/* Returns the storage that _load_from_bytes loads; NULL: an error, or *why if the storage is not supported.
 * */
static const torch_inner *
inner_of (fmtconv_ctx *ctx, pk_object *object, const char **why)
{
  if (object->inner)
    return object->inner;
  const pk_items *args = object->args;
  torch_inner *inner = fmtconv_ctx_alloc (ctx, 1, sizeof *inner);
  if (!inner)
    return NULL;
  if (args->n != 1 || args->at[0].kind != PK_BYTES)
    {
      *why = refuse_inner (ctx, args);
      return NULL;
    }
  torch_legacy legacy = { .bytes = (const uint8_t *) args->at[0].v.s, .size = args->at[0].len };
  if (!torch_is_legacy (legacy.bytes, legacy.size))
    {
      *why = "its storage is not in torch.save's old format";
      return NULL;
    }
  if (torch_legacy_load (ctx, &legacy, &inner->id))
    return NULL;
  if (inner->id.kind != PK_STORAGE || legacy.n != 1)
    {
      *why = fmtconv_ctx_printf (ctx, "expected its storage, found a %s", pk_describe (ctx, &inner->id));
      return NULL;
    }
  inner->data = legacy.bytes + legacy.places[0].start;
  object->inner = inner;
  return inner;
}

/* Reads a storage inside the pickle and the persistent id in it. */
static int
read_inner (fmtconv_ctx *ctx, pk_object *object, const pk_value **id, torch_tensor *t)
{
  const torch_inner *inner = inner_of (ctx, object, &t->why);
  if (!inner)
    return t->code = fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : FMTCONV_E_UNSUPPORTED;
  *id = &inner->id;
  t->inside = inner->data;
  return 0;
}

int
torch_storage_read (fmtconv_ctx *ctx, const pk_value *id, uint32_t dtype, torch_tensor *t)
{
  if (id->kind == PK_OBJECT && id->v.object->callee->role == ROLE_BYTES
      && read_inner (ctx, id->v.object, &id, t))
    return t->code;
  if (id->kind != PK_STORAGE)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "expected its storage, found a %s", pk_describe (ctx, id));
  const pk_items *part = id->v.object->args;
  if (check_parts (ctx, id, t) || read_type (ctx, &part->at[1], dtype, t) || read_key (ctx, &part->at[2], t)
      || read_size (ctx, &part->at[1], &part->at[4], t))
    return t->code;
  return read_part (ctx, part->n == 6 ? &part->at[5] : NULL, t);
}

int
torch_storage_extent (fmtconv_ctx *ctx, const pk_value *id, torch_tensor *t, const pk_value **key,
                      uint64_t *item)
{
  const pk_items *part = id->v.object->args;
  if (check_parts (ctx, id, t) || read_key (ctx, &part->at[2], t))
    return t->code;
  const pk_global *class = part->at[1].kind == PK_GLOBAL ? part->at[1].v.global : NULL;
  if (!class || (class->role != ROLE_STORAGE && class->role != ROLE_UNTYPED))
    return torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its type is a %s, of unknown size",
                        pk_describe (ctx, &part->at[1]));
  t->item = class->role == ROLE_STORAGE ? fmtconv_dtype_get (class->dtype)->block_bytes : 1;
  *key = &part->at[2];
  *item = t->item;
  return read_size (ctx, &part->at[1], &part->at[4], t);
}
