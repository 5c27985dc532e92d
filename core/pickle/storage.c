/* core/pickle/storage.c: reads persistent ids: ('storage', type, key, location, elements).
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/legacy.h"
#include "core/pickle/storage.h"
#include "core/source/source.h"
#include <string.h>

/* Checks the key, which must be one component of an archive member's name. */
static int
check_key (fmtconv_ctx *ctx, const fmtconv_value *key, fci_torch_tensor *t)
{
  if (key->kind != FMTCONV_VALUE_STRING)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is a %s, not a string",
                            fmtconv_value_describe (ctx, key));
  if (key->len == 0 || key->len > 255 || memchr (key->v.s, '/', key->len) || memchr (key->v.s, 0, key->len))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's key is not a plain name");
  return 0;
}

static int
read_key (fmtconv_ctx *ctx, const fmtconv_value *key, fci_torch_tensor *t)
{
  if (check_key (ctx, key, t))
    return t->code;
  t->key = key;
  return 0;
}

/* Returns the class of a storage id; NULL: it has none. */
static const fci_pickle_global *
class_of (const fmtconv_value *type)
{
  const fci_pickle_global *class = type->kind == FMTCONV_VALUE_GLOBAL ? type->v.global : NULL;
  return class && class->role >= FCI_ROLE_STORAGE && class->role <= FCI_ROLE_TYPED ? class : NULL;
}

/* Reads the element type from the storage's class or the tensor; if both have one, they must agree. */
static int
read_type (fmtconv_ctx *ctx, const fmtconv_value *type, uint32_t dtype, fci_torch_tensor *t)
{
  const fci_pickle_global *class = class_of (type);
  if (class->why)
    return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its storage is a %s.%s, %s", class->public.module,
                            class->public.name, class->why);
  if (class->role == FCI_ROLE_STORAGE && dtype && dtype != class->dtype)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "it is %s, but its storage is a %s.%s",
                            fmtconv_dtype_get (dtype)->name, class->public.module, class->public.name);
  if (class->role == FCI_ROLE_TYPED && !dtype)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "neither it nor its storage names the element type");
  t->dtype = class->role == FCI_ROLE_STORAGE ? class->dtype : dtype ? dtype : FMTCONV_U8;
  t->item = fmtconv_dtype_get (t->dtype)->block_bytes;
  t->untyped = class->role == FCI_ROLE_UNTYPED;
  return 0;
}

static int
read_size (fmtconv_ctx *ctx, const fci_pickle_global *class, const fmtconv_value *count, fci_torch_tensor *t)
{
  uint64_t item = class->role == FCI_ROLE_UNTYPED ? 1 : t->item;
  if (count->kind != FMTCONV_VALUE_INT)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's size is a %s, not an int",
                            fmtconv_value_describe (ctx, count));
  if (count->v.i < 0 || __builtin_mul_overflow ((uint64_t) count->v.i, item, &t->storage_bytes))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage has an impossible size of %lld elements",
                            (long long) count->v.i);
  return 0;
}

/* Checks the optional sixth part of an id: None, or (key, first element, elements). */
static int
check_part (fmtconv_ctx *ctx, const fmtconv_value *part, fci_torch_tensor *t)
{
  if (part->kind == FMTCONV_VALUE_NONE)
    return 0;
  const fmtconv_value *at =
      part->kind == FMTCONV_VALUE_TUPLE && part->v.items->n == 3 ? part->v.items->at : NULL;
  if (!at || at[0].kind != FMTCONV_VALUE_STRING || at[1].kind != FMTCONV_VALUE_INT
      || at[2].kind != FMTCONV_VALUE_INT)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its part of a storage is not a key and two numbers");
  return 0;
}

int
fci_torch_storage_check (fmtconv_ctx *ctx, const fci_pickle_items *part, fci_torch_tensor *t)
{
  const fmtconv_value *at = part->at;
  if (part->n == 0 || !fmtconv_value_is (&at[0], "storage"))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the persistent id is not that of a storage");
  if (part->n < 5 || part->n > 6)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage id has %u parts, not 5", part->n);
  if (!class_of (&at[1]))
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "the storage's type is a %s",
                            fmtconv_value_describe (ctx, &at[1]));
  if (check_key (ctx, &at[2], t))
    return t->code;
  if (at[3].kind != FMTCONV_VALUE_STRING)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "its storage's location is a %s, not a string",
                            fmtconv_value_describe (ctx, &at[3]));
  uint32_t dtype = at[1].v.global->dtype;
  t->item = dtype ? fmtconv_dtype_get (dtype)->block_bytes : 1;
  if (read_size (ctx, at[1].v.global, &at[4], t))
    return t->code;
  return part->n == 6 ? check_part (ctx, &at[5], t) : 0;
}

/* Reads (key, first element, elements): the part of a storage that old versions of torch treat as a storage.
 * */
static int
read_part (fmtconv_ctx *ctx, const fmtconv_value *part, fci_torch_tensor *t)
{
  t->held = t->storage_bytes / t->item;
  if (!part || part->kind == FMTCONV_VALUE_NONE)
    return 0;
  const fmtconv_value *at = part->v.items->at;
  if (at[1].v.i < 0 || at[2].v.i < 0 || (uint64_t) at[1].v.i > t->held
      || (uint64_t) at[2].v.i > t->held - (uint64_t) at[1].v.i)
    return fci_torch_wrong (
        ctx, t, FMTCONV_E_FORMAT,
        "its part of a storage, %lld elements from %lld, exceeds the storage of %llu elements",
        (long long) at[2].v.i, (long long) at[1].v.i, (unsigned long long) t->held);
  t->first = (uint64_t) at[1].v.i;
  t->held = (uint64_t) at[2].v.i;
  return 0;
}

/* A storage inside a pickle, as the bytes of a legacy file. */
typedef struct fci_torch_inner
{
  const char *why;  /* the reason that it cannot be read; NULL: it was read */
  fmtconv_value id; /* persistent */
  const uint8_t *data;
  fci_pickle_object *text; /* pickles before protocol 3 keep bytes as a text; NULL: they are bytes */
  uint64_t at;             /* of the data in the decoded text */
} fci_torch_inner;

/* Sets the bytes of a legacy file in a pickle.  Returns NULL, or the reason for rejecting them. */
static const char *
find_legacy (fmtconv_ctx *ctx, const fci_pickle_items *args, fci_torch_inner *inner, fci_torch_legacy *legacy)
{
  if (args->n != 1)
    return "its storage is not loaded from exactly one value";
  const fmtconv_value *from = &args->at[0];
  if (from->kind == FMTCONV_VALUE_BYTES)
    {
      *legacy = (fci_torch_legacy){ .bytes = (const uint8_t *) from->v.s, .size = from->len };
      return NULL;
    }
  fmtconv_source *decoded =
      fci_pickle_has_role (from, FCI_ROLE_ENCODE) ? fci_torch_text_decode (ctx, from->v.object) : NULL;
  if (!decoded)
    return fmtconv_ctx_printf (ctx, "its storage is loaded from a %s", fmtconv_value_describe (ctx, from));
  fmtconv_cursor cursor = fmtconv_cursor_start (decoded);
  inner->text = from->v.object;
  *legacy = (fci_torch_legacy){ .bytes = fci_cursor_take_scratch (&cursor, cursor.end), .size = cursor.end };
  return legacy->bytes ? NULL : "its storage cannot be read";
}

/* Reads the storage that _load_from_bytes loads, or sets inner->why if it is not supported.  Returns 0 or an error code. */
static int
load_inner (fmtconv_ctx *ctx, const fci_pickle_items *args, fci_torch_inner *inner)
{
  fci_torch_legacy legacy = { 0 };
  fci_pickle_loaded loaded;
  inner->why = find_legacy (ctx, args, inner, &legacy);
  if (!inner->why && !fci_torch_is_legacy (legacy.bytes, legacy.size))
    inner->why = "its storage is not in torch.save's old format";
  if (inner->why || fmtconv_ctx_failed (ctx) || fci_torch_legacy_load (ctx, &legacy, &loaded))
    return fmtconv_ctx_failed (ctx);
  inner->id = loaded.top;
  if (inner->id.kind != FMTCONV_VALUE_STORAGE || legacy.n != 1)
    {
      inner->why = fmtconv_ctx_printf (ctx, "expected its storage, found a %s",
                                       fmtconv_value_describe (ctx, &inner->id));
      return fmtconv_ctx_failed (ctx);
    }
  inner->at = legacy.places[0].start;
  inner->data = legacy.bytes + inner->at;
  return 0;
}

/* Returns the storage of an object; NULL: an error.  It is kept: many tensors may ask for it. */
static const fci_torch_inner *
inner_of (fmtconv_ctx *ctx, fci_pickle_object *object)
{
  fci_pickle_parts *parts = fci_pickle_parts_of (object);
  if (!parts || parts->kept.inner)
    return parts ? parts->kept.inner : NULL;
  fci_scratch *const before = fci_scratch_switch (ctx, parts->memory->scratch);
  fci_torch_inner *inner = fmtconv_scratch_alloc (ctx, 1, sizeof *inner);
  if (inner && !load_inner (ctx, parts->args.v.items, inner))
    parts->kept.inner = inner;
  fci_scratch_switch (ctx, before);
  return parts->kept.inner;
}

/* Reads a storage inside the pickle and the persistent id in it. */
static int
read_inner (fmtconv_ctx *ctx, fci_pickle_object *object, const fmtconv_value **id, fci_torch_tensor *t)
{
  const fci_torch_inner *inner = inner_of (ctx, object);
  t->why = inner ? inner->why : NULL;
  if (!inner || t->why)
    return t->code = inner ? FMTCONV_E_UNSUPPORTED : fmtconv_ctx_failed (ctx);
  *id = &inner->id;
  t->inside = inner->data;
  t->text = inner->text;
  t->at = inner->at;
  return 0;
}

int
fci_torch_storage_read (fmtconv_ctx *ctx, const fmtconv_value *id, uint32_t dtype, fci_torch_tensor *t)
{
  if (id->kind == FMTCONV_VALUE_OBJECT && id->v.object->callee->role == FCI_ROLE_BYTES
      && read_inner (ctx, id->v.object, &id, t))
    return t->code;
  if (id->kind != FMTCONV_VALUE_STORAGE)
    return fci_torch_wrong (ctx, t, FMTCONV_E_FORMAT, "expected its storage, found a %s",
                            fmtconv_value_describe (ctx, id));
  const fci_pickle_items *part = fci_pickle_args_of (id->v.object);
  if (!part)
    return t->code = fmtconv_ctx_failed (ctx);
  if (read_type (ctx, &part->at[1], dtype, t) || read_key (ctx, &part->at[2], t)
      || read_size (ctx, part->at[1].v.global, &part->at[4], t))
    return t->code;
  return read_part (ctx, part->n == 6 ? &part->at[5] : NULL, t);
}

int
fci_torch_storage_extent (fmtconv_ctx *ctx, const fci_pickle_storage *id, fci_torch_tensor *t)
{
  const fci_pickle_global *class = id->class;
  const fmtconv_value type = { .kind = FMTCONV_VALUE_GLOBAL, .v.global = class };
  const fmtconv_value count = fci_pickle_int (id->count);
  if (class->role == FCI_ROLE_TYPED)
    return fci_torch_wrong (ctx, t, FMTCONV_E_UNSUPPORTED, "its type is a %s, of unknown size",
                            fmtconv_value_describe (ctx, &type));
  t->item = class->dtype ? fmtconv_dtype_get (class->dtype)->block_bytes : 1;
  return read_size (ctx, class, &count, t);
}
