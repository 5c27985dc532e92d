/* plugins/common/pickle/storage.c: reads persistent ids: ('storage', type, key, location, elements).
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/legacy.h"
#include "plugins/common/pickle/storage.h"
#include <string.h>

/* Checks the key, which must be one component of an archive member's name. */
static int
check_key (fmtconv_ctx *ctx, const pk_value *key, torch_tensor *t)
{
  if (key->kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is a %s, not a string",
                        pk_describe (ctx, key));
  if (key->len == 0 || key->len > 255 || memchr (key->v.s, '/', key->len) || memchr (key->v.s, 0, key->len))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is not a plain name");
  return 0;
}

static int
read_key (fmtconv_ctx *ctx, const pk_value *key, torch_tensor *t)
{
  if (check_key (ctx, key, t))
    return t->code;
  t->key = fmtconv_ctx_printf (ctx, "%.*s", (int) key->len, key->v.s);
  return 0;
}

/* Returns the class of a storage id; NULL: it has none. */
static const pk_global *
class_of (const pk_value *type)
{
  const pk_global *class = type->kind == PK_GLOBAL ? type->v.global : NULL;
  return class && class->role >= ROLE_STORAGE && class->role <= ROLE_TYPED ? class : NULL;
}

/* Reads the element type from the storage's class or the tensor; if both have one, they must agree. */
static int
read_type (fmtconv_ctx *ctx, const pk_value *type, uint32_t dtype, torch_tensor *t)
{
  const pk_global *class = class_of (type);
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

/* Checks the optional sixth part of an id: None, or (key, first element, elements). */
static int
check_part (fmtconv_ctx *ctx, const pk_value *part, torch_tensor *t)
{
  if (part->kind == PK_NONE)
    return 0;
  const pk_value *at = part->kind == PK_TUPLE && part->v.items->n == 3 ? part->v.items->at : NULL;
  if (!at || at[0].kind != PK_STRING || at[1].kind != PK_INT || at[2].kind != PK_INT)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its part of a storage is not a key and two numbers");
  return 0;
}

int
torch_storage_check (fmtconv_ctx *ctx, const pk_items *part, torch_tensor *t)
{
  const pk_value *at = part->at;
  if (part->n == 0 || !pk_is (&at[0], "storage"))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the persistent id is not that of a storage");
  if (part->n < 5 || part->n > 6)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage id has %u parts, not 5", part->n);
  if (!class_of (&at[1]))
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's type is a %s", pk_describe (ctx, &at[1]));
  if (check_key (ctx, &at[2], t))
    return t->code;
  if (at[3].kind != PK_STRING)
    return torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's location is a %s, not a string",
                        pk_describe (ctx, &at[3]));
  uint32_t dtype = at[1].v.global->dtype;
  t->item = dtype ? fmtconv_dtype_get (dtype)->block_bytes : 1;
  if (read_size (ctx, &at[1], &at[4], t))
    return t->code;
  return part->n == 6 ? check_part (ctx, &at[5], t) : 0;
}

/* Reads (key, first element, elements): the part of a storage that old versions of torch treat as a storage.
 * */
static int
read_part (fmtconv_ctx *ctx, const pk_value *part, torch_tensor *t)
{
  t->held = t->storage_bytes / t->item;
  if (!part || part->kind == PK_NONE)
    return 0;
  const pk_value *at = part->v.items->at;
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
  pk_object *text; /* pickles before protocol 3 keep bytes as a text; NULL: they are bytes */
  uint64_t at;     /* of the data in the decoded text */
} torch_inner;

/* Sets the bytes of a legacy file in a pickle.  Returns NULL, or the reason for rejecting them. */
static const char *
find_legacy (fmtconv_ctx *ctx, const pk_items *args, torch_inner *inner, torch_legacy *legacy)
{
  if (args->n != 1)
    return "its storage is not loaded from exactly one value";
  const pk_value *from = &args->at[0];
  if (from->kind == PK_BYTES)
    {
      *legacy = (torch_legacy){ .bytes = (const uint8_t *) from->v.s, .size = from->len };
      return NULL;
    }
  fmtconv_source *decoded = pk_has_role (from, ROLE_ENCODE) ? torch_text_decode (ctx, from->v.object) : NULL;
  if (!decoded)
    return fmtconv_ctx_printf (ctx, "its storage is loaded from a %s", pk_describe (ctx, from));
  fmtconv_cursor cursor = fmtconv_cursor_start (decoded);
  inner->text = from->v.object;
  *legacy = (torch_legacy){ .bytes = fmtconv_cursor_take (&cursor, cursor.end), .size = cursor.end };
  return legacy->bytes ? NULL : "its storage cannot be read";
}

/* Reads the storage that _load_from_bytes loads.  NULL: an error, or *why if the storage is not supported. */
static const torch_inner *
load_inner (fmtconv_ctx *ctx, const pk_object *object, const char **why)
{
  torch_inner *inner = fmtconv_ctx_alloc (ctx, 1, sizeof *inner);
  torch_legacy legacy;
  if (!inner || (*why = find_legacy (ctx, object->args, inner, &legacy)))
    return NULL;
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
  inner->at = legacy.places[0].start;
  inner->data = legacy.bytes + inner->at;
  return inner;
}

/* Returns the storage of an object, as load_inner does.  Both answers are kept: many tensors may ask for them. */
static const torch_inner *
inner_of (fmtconv_ctx *ctx, pk_object *object, const char **why)
{
  if (!object->inner && !object->inner_why)
    object->inner = load_inner (ctx, object, &object->inner_why);
  *why = object->inner_why;
  return object->inner;
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
  t->text = inner->text;
  t->at = inner->at;
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
  if (read_type (ctx, &part->at[1], dtype, t) || read_key (ctx, &part->at[2], t)
      || read_size (ctx, &part->at[1], &part->at[4], t))
    return t->code;
  return read_part (ctx, part->n == 6 ? &part->at[5] : NULL, t);
}

int
torch_storage_extent (fmtconv_ctx *ctx, const pk_value *id, torch_tensor *t, const pk_value **key,
                      uint64_t *item)
{
  const pk_items *part = id->v.object->args;
  if (part->at[1].v.global->role == ROLE_TYPED)
    return torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its type is a %s, of unknown size",
                        pk_describe (ctx, &part->at[1]));
  if (torch_storage_check (ctx, part, t))
    return t->code;
  *key = &part->at[2];
  *item = t->item;
  return 0;
}
