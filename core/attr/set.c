/* core/attr/set.c: changing attribute trees.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/set.h"
#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/text.h"
#include <string.h>

static bool
may_change (const fmtconv_attr *node)
{
  return node && !node->ctx->failed;
}

void
fci_attr_become (fmtconv_attr *node, fmtconv_attr *fresh)
{
  node->first = fresh->first;
  node->last = fresh->last;
  node->v = fresh->v;
  node->len = fresh->len;
  node->kind = fresh->kind;
  node->bits = fresh->bits;
  node->is_unsigned = fresh->is_unsigned;
  for (fmtconv_attr *item = node->first; item; item = item->next)
    item->parent = node;
}

fmtconv_attr *
fci_attr_copy (fmtconv_ctx *ctx, const fmtconv_attr *node)
{
  if (!node)
    return fci_attr_new (ctx, FMTCONV_ATTR_NULL);
  if (node->kind == FMTCONV_ATTR_STRING)
    return fci_attr_string (ctx, node->v.s, node->len);
  fmtconv_attr *copy = fci_attr_new (ctx, node->kind);
  if (!copy)
    return NULL;
  copy->bits = node->bits;
  copy->is_unsigned = node->is_unsigned;
  if (node->kind != FMTCONV_ATTR_OBJECT)
    copy->v = node->v;
  if (node->kind == FMTCONV_ATTR_PACKED)
    copy->len = node->len;
  for (const fmtconv_attr *item = node->first; item; item = item->next)
    {
      fmtconv_attr *duplicate = fci_attr_copy (ctx, item);
      const char *key = item->key ? fci_strdup (ctx, item->key) : NULL;
      if (!duplicate || (item->key && !key))
        return NULL;
      fci_attr_append (copy, key, duplicate);
    }
  return copy;
}

/* Sets member `key`, or appends to an array. */
static void
place (fmtconv_attr *node, const char *key, fmtconv_attr *fresh)
{
  if (!fresh)
    return;
  if (node->kind != (key ? FMTCONV_ATTR_OBJECT : FMTCONV_ATTR_ARRAY))
    {
      fmtconv_fail (node->ctx, FMTCONV_E_INTERNAL, "cannot set attribute '%s': its parent is not an %s",
                    key ? key : "", key ? "object" : "array");
      return;
    }
  fmtconv_attr *old = key ? fmtconv_attr_get (node, key) : NULL;
  if (old)
    {
      fci_attr_become (old, fresh);
      return;
    }
  if (key && !fci_is_utf8 (key, strlen (key)))
    {
      fmtconv_fail (node->ctx, FMTCONV_E_FORMAT, "the name of attribute '%s' is not UTF-8", key);
      return;
    }
  const char *name = key ? fci_strdup (node->ctx, key) : NULL;
  if (name || !key)
    fci_attr_append (node, name, fresh);
}

void
fmtconv_attr_set (fmtconv_attr *node, const char *key, fmtconv_attr *subtree)
{
  if (may_change (node))
    place (node, key, fci_attr_copy (node->ctx, subtree));
}

/* Returns a new scalar of that kind for `node`; NULL: an error. */
static fmtconv_attr *
scalar (fmtconv_attr *node, unsigned kind)
{
  return may_change (node) ? fci_attr_new (node->ctx, kind) : NULL;
}

void
fmtconv_attr_set_bool (fmtconv_attr *node, const char *key, int value)
{
  fmtconv_attr *fresh = scalar (node, FMTCONV_ATTR_BOOL);
  if (!fresh)
    return;
  fresh->v.i = value != 0;
  place (node, key, fresh);
}

void
fmtconv_attr_set_int (fmtconv_attr *node, const char *key, int64_t value)
{
  fmtconv_attr *fresh = scalar (node, FMTCONV_ATTR_INT);
  if (!fresh)
    return;
  fresh->v.i = value;
  place (node, key, fresh);
}

void
fmtconv_attr_set_uint (fmtconv_attr *node, const char *key, uint64_t value)
{
  fmtconv_attr *fresh = scalar (node, value > INT64_MAX ? FMTCONV_ATTR_UINT : FMTCONV_ATTR_INT);
  if (!fresh)
    return;
  fresh->v.u = value;
  place (node, key, fresh);
}

void
fmtconv_attr_set_float (fmtconv_attr *node, const char *key, double value)
{
  fmtconv_attr *fresh = scalar (node, FMTCONV_ATTR_FLOAT);
  if (!fresh)
    return;
  fresh->v.f = value;
  place (node, key, fresh);
}

void
fmtconv_attr_set_string (fmtconv_attr *node, const char *key, const char *value)
{
  if (!may_change (node))
    return;
  if (!value)
    place (node, key, fci_attr_new (node->ctx, FMTCONV_ATTR_NULL));
  else if (!fci_is_utf8 (value, strlen (value)))
    fmtconv_fail (node->ctx, FMTCONV_E_FORMAT, "attribute '%s' is not UTF-8: '%s'", key ? key : "", value);
  else
    place (node, key, fci_attr_string (node->ctx, value, strlen (value)));
}

void
fmtconv_attr_unset (fmtconv_attr *node, const char *key)
{
  fmtconv_attr *gone = may_change (node) ? fmtconv_attr_get (node, key) : NULL;
  if (!gone)
    return;
  fmtconv_attr *before = NULL;
  for (fmtconv_attr *m = node->first; m != gone; m = m->next)
    before = m;
  if (before)
    before->next = gone->next;
  else
    node->first = gone->next;
  if (node->last == gone)
    node->last = before;
  node->len--;
  fci_map *map = (fci_map *) (uintptr_t) node->v.u;
  if (map && !fci_map_set (map, key, strlen (key), 0))
    node->v.u = 0;
}

/* Returns the object that is member `key` (len bytes); creates it if absent or null. */
static fmtconv_attr *
make_member (fmtconv_attr *node, const char *key, size_t len)
{
  fmtconv_attr *member = fci_attr_find (node, key, len);
  if (member && member->kind == FMTCONV_ATTR_NULL)
    member->kind = FMTCONV_ATTR_OBJECT;
  if (member)
    return member;
  if (node->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_fail (node->ctx, FMTCONV_E_INTERNAL,
                    "cannot create attribute '%.*s': its parent is not an object", (int) len, key);
      return NULL;
    }
  const char *name = fci_strndup (node->ctx, key, len);
  member = fmtconv_attr_object (node->ctx);
  if (!name || !member)
    return NULL;
  fci_attr_append (node, name, member);
  return member;
}

fmtconv_attr *
fmtconv_attr_make (fmtconv_attr *node, const char *path)
{
  if (!may_change (node) || !path)
    return NULL;
  const char *p = path;
  while (node && *p)
    {
      size_t len = strcspn (p, "/");
      node = make_member (node, p, len);
      p += len + (p[len] == '/');
    }
  return node;
}

void
fmtconv_attr_overlay (fmtconv_attr *base, fmtconv_attr *over)
{
  if (!may_change (base) || !over || base == over)
    return;
  if (base->kind != FMTCONV_ATTR_OBJECT || over->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_attr *fresh = fci_attr_copy (base->ctx, over);
      if (fresh)
        fci_attr_become (base, fresh);
      return;
    }
  for (fmtconv_attr *m = over->first; m; m = m->next)
    {
      fmtconv_attr *mine = fmtconv_attr_get (base, m->key);
      if (mine && mine->kind == FMTCONV_ATTR_OBJECT && m->kind == FMTCONV_ATTR_OBJECT)
        fmtconv_attr_overlay (mine, m);
      else
        fmtconv_attr_set (base, m->key, m);
    }
}
