/* core/attr/attr.c: the attribute tree: nodes, lookups, values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/base/ctx.h"
#include "core/base/map.h"
#include <string.h>

enum
{
  INDEXED = 16 /* objects with more members are searched through a map */
};

fmtconv_attr *
fci_attr_new (fmtconv_ctx *ctx, unsigned kind)
{
  fmtconv_attr *node = fci_new (ctx, fmtconv_attr);
  if (node)
    {
      node->ctx = ctx;
      node->kind = (uint8_t) kind;
    }
  return node;
}

fmtconv_attr *
fci_attr_string (fmtconv_ctx *ctx, const char *s, size_t len)
{
  fmtconv_attr *node = fci_attr_new (ctx, FMTCONV_ATTR_STRING);
  if (!node)
    return NULL;
  node->len = len;
  node->v.s = fci_strndup (ctx, s, len);
  return node->v.s ? node : NULL;
}

fmtconv_attr *
fmtconv_attr_object (fmtconv_ctx *ctx)
{
  return fci_attr_new (ctx, FMTCONV_ATTR_OBJECT);
}

/* Returns the map of an object's keys, which `v` holds because an object has no other value; NULL: not
 * made yet. */
static fci_map *
index_of (const fmtconv_attr *object)
{
  return (fci_map *) (uintptr_t) object->v.u;
}

static fci_map *
make_index (fmtconv_attr *object)
{
  fci_map *map = fci_map_new_beside (object->ctx, object);
  for (fmtconv_attr *m = object->first; m && map; m = m->next)
    if (!fci_map_add (map, m->key, strlen (m->key), (uintptr_t) m, NULL))
      map = NULL;
  object->v.u = (uintptr_t) map;
  return map;
}

fmtconv_attr *
fci_attr_find (fmtconv_attr *object, const char *key, size_t len)
{
  if (!object || object->kind != FMTCONV_ATTR_OBJECT)
    return NULL;
  fci_map *map = index_of (object);
  if (!map && object->len > INDEXED)
    map = make_index (object);
  uintptr_t found = 0;
  if (map)
    return fci_map_get (map, key, len, &found) ? (fmtconv_attr *) found : NULL;
  for (fmtconv_attr *m = object->first; m; m = m->next)
    if (strlen (m->key) == len && memcmp (m->key, key, len) == 0)
      return m;
  return NULL;
}

void
fci_attr_append (fmtconv_attr *node, const char *key, fmtconv_attr *item)
{
  item->key = key;
  item->parent = node;
  if (node->last)
    node->last->next = item;
  else
    node->first = item;
  node->last = item;
  node->len++;
  if (key && index_of (node) && !fci_map_set (index_of (node), key, strlen (key), (uintptr_t) item))
    node->v.u = 0;
}

fmtconv_attr *
fmtconv_attr_get (fmtconv_attr *node, const char *key)
{
  return key ? fci_attr_find (node, key, strlen (key)) : NULL;
}

/* Returns the item with that decimal number, or NULL. */
static fmtconv_attr *
item_at (fmtconv_attr *array, const char *digits, size_t len)
{
  size_t i = 0;
  for (size_t d = 0; d < len; d++)
    {
      if (digits[d] < '0' || digits[d] > '9' || i >= array->len)
        return NULL;
      i = 10 * i + (size_t) (digits[d] - '0');
    }
  fmtconv_attr *item = len && i < array->len ? array->first : NULL;
  while (item && i-- > 0)
    item = item->next;
  return item;
}

fmtconv_attr *
fmtconv_attr_at (fmtconv_attr *node, const char *path)
{
  const char *p = path;
  while (node && p && *p)
    {
      size_t len = strcspn (p, "/");
      node = node->kind == FMTCONV_ATTR_ARRAY ? item_at (node, p, len) : fci_attr_find (node, p, len);
      p += len + (p[len] == '/');
    }
  return p ? node : NULL;
}

/* Returns the node that a getter reads. */
static const fmtconv_attr *
subject (fmtconv_attr *node, const char *key)
{
  return key ? fmtconv_attr_get (node, key) : node;
}

int64_t
fmtconv_attr_get_int (fmtconv_attr *node, const char *key, int64_t otherwise)
{
  const fmtconv_attr *value = subject (node, key);
  return value && (value->kind == FMTCONV_ATTR_INT || value->kind == FMTCONV_ATTR_BOOL) ? value->v.i
                                                                                        : otherwise;
}

double
fmtconv_attr_get_float (fmtconv_attr *node, const char *key, double otherwise)
{
  const fmtconv_attr *value = subject (node, key);
  switch (value ? value->kind : FMTCONV_ATTR_NULL)
    {
    case FMTCONV_ATTR_FLOAT:
      return value->v.f;
    case FMTCONV_ATTR_INT:
      return (double) value->v.i;
    case FMTCONV_ATTR_UINT:
      return (double) value->v.u;
    default:
      return otherwise;
    }
}

const char *
fmtconv_attr_get_string (fmtconv_attr *node, const char *key, const char *otherwise)
{
  const fmtconv_attr *value = subject (node, key);
  return value && value->kind == FMTCONV_ATTR_STRING ? value->v.s : otherwise;
}
