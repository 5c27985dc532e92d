/* plugins/common/pickle/value.c: growing containers, children of a node, descriptions for messages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/numpy.h"
#include <string.h>

void *
pk_grow (fmtconv_ctx *ctx, void *array, uint32_t n, uint32_t *cap, size_t size)
{
  if (n < *cap)
    return array;
  uint32_t capacity = *cap ? *cap * 2 : 4;
  char *more = fmtconv_ctx_alloc (ctx, capacity, size);
  if (!more)
    return NULL;
  if (n)
    memcpy (more, array, n * size);
  *cap = capacity;
  return more;
}

pk_items *
pk_items_new (fmtconv_ctx *ctx, const pk_value *values, uint32_t n)
{
  pk_items *items = fmtconv_ctx_alloc (ctx, 1, sizeof *items);
  return items && !pk_items_add (ctx, items, values, n) ? items : NULL;
}

int
pk_items_add (fmtconv_ctx *ctx, pk_items *items, const pk_value *values, uint32_t n)
{
  if (n == 0)
    return 0;
  if (n > items->cap - items->n)
    {
      uint32_t capacity = items->cap ? items->cap * 2 : 0;
      if (capacity < items->n + n)
        capacity = items->n + n;
      pk_value *at = fmtconv_ctx_alloc (ctx, capacity, sizeof *at);
      if (!at)
        return FMTCONV_E_NOMEM;
      if (items->n)
        memcpy (at, items->at, items->n * sizeof *at);
      items->at = at;
      items->cap = capacity;
    }
  memcpy (items->at + items->n, values, n * sizeof *values);
  items->n += n;
  return 0;
}

bool
pk_is_tensor (const pk_value *value)
{
  if (value->kind != PK_OBJECT)
    return false;
  const pk_object *object = value->v.object;
  return object->callee->role >= ROLE_TENSOR || (torch_is_array (object) && torch_array_is_numbers (object));
}

bool
pk_is (const pk_value *value, const char *text)
{
  return value->kind == PK_STRING && value->len == strlen (text) && !memcmp (value->v.s, text, value->len);
}

bool
pk_same_text (const pk_value *a, const pk_value *b)
{
  return a->kind == PK_STRING && b->kind == PK_STRING && a->len == b->len && !memcmp (a->v.s, b->v.s, a->len);
}

/* The children of an object are the arguments, the state, then the added values. */
static bool
object_child (const pk_object *object, uint32_t i, pk_value *child)
{
  uint32_t args = object->args ? object->args->n : 0;
  uint32_t more = object->more ? object->more->n : 0;
  if (i > args + more)
    return false;
  *child = i < args ? object->args->at[i] : i == args ? object->state : object->more->at[i - args - 1];
  return true;
}

bool
pk_child (const pk_value *value, uint32_t i, pk_value *child)
{
  if (value->kind == PK_OBJECT)
    return object_child (value->v.object, i, child);
  if (!pk_is_container (value) || i >= value->v.items->n)
    return false;
  *child = value->v.items->at[i];
  return true;
}

pk_mark *
pk_mark_of (const pk_value *value)
{
  return value->kind == PK_OBJECT  ? &value->v.object->mark
         : pk_is_container (value) ? &value->v.items->mark
                                   : NULL;
}

const char *
pk_describe (fmtconv_ctx *ctx, const pk_value *value)
{
  static const char *const plain[] = {
    [PK_ABSENT] = "nothing", [PK_NONE] = "none",     [PK_BOOL] = "bool",
    [PK_INT] = "int",        [PK_LONG] = "long int", [PK_FLOAT] = "float",
    [PK_STRING] = "string",  [PK_BYTES] = "bytes",   [PK_TUPLE] = "tuple",
    [PK_LIST] = "list",      [PK_DICT] = "dict",     [PK_SET] = "set",
    [PK_GLOBAL] = "class",   [PK_OBJECT] = "object", [PK_STORAGE] = "bare storage",
  };
  if (pk_is_container (value))
    return fmtconv_ctx_printf (ctx, "%s of %u", plain[value->kind],
                               value->v.items->n / (value->kind == PK_DICT ? 2 : 1));
  if (value->kind == PK_OBJECT && torch_is_array (value->v.object))
    return "numpy array";
  if (pk_is_tensor (value))
    return "tensor";
  const pk_global *global = value->kind == PK_GLOBAL   ? value->v.global
                            : value->kind == PK_OBJECT ? value->v.object->callee
                                                       : NULL;
  if (global)
    return fmtconv_ctx_printf (ctx, "%s %.100s.%.100s", value->kind == PK_GLOBAL ? "global" : "object of",
                               global->module, global->name);
  return plain[value->kind];
}

const pk_value *
pk_get (const pk_value *dict, const char *key)
{
  const pk_value *found = NULL;
  for (uint32_t i = 0; dict->kind == PK_DICT && i + 1 < dict->v.items->n; i += 2)
    if (pk_is (&dict->v.items->at[i], key))
      found = &dict->v.items->at[i + 1]; /* the last one, as in Python */
  return found;
}
