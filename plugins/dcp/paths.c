/* plugins/dcp/paths.c: the keys that led to each entry in the saved dictionary, from the planner's data.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name joins these keys by dots, and keys hold dots too: only the planner knows that 'model.a.weight' was the value
 * 'a.weight' of a dictionary 'model'. */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <stdlib.h>
#include <string.h>

/* Orders keys of the planner's dictionary: by length, then by bytes. */
static int
compare (const void *left, const void *right)
{
  const pk_value *a = *(const pk_value *const *) left, *b = *(const pk_value *const *) right;
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

static int
compare_name (const void *name, const void *with)
{
  const dcp_item *item = name;
  const pk_value *key = *(const pk_value *const *) with;
  if (item->len != key->len)
    return item->len < key->len ? -1 : 1;
  return memcmp (item->name, key->v.s, item->len);
}

/* Returns the keys that are texts, sorted, *n of them; NULL: out of memory. */
static const pk_value **
sorted_keys (fmtconv_ctx *ctx, const pk_items *pairs, size_t *n)
{
  const pk_value **keys = fmtconv_ctx_alloc (ctx, pairs->n / 2 + 1, sizeof *keys);
  *n = 0;
  for (uint32_t i = 0; keys && i + 1 < pairs->n; i += 2)
    if (pairs->at[i].kind == PK_STRING)
      keys[(*n)++] = &pairs->at[i];
  if (keys)
    qsort (keys, *n, sizeof *keys, compare);
  return keys;
}

size_t
dcp_key_length (const pk_value *key)
{
  size_t n = key->kind == PK_INT && key->v.i < 0;
  if (key->kind == PK_STRING)
    return key->len;
  for (int64_t i = key->v.i; n++, i /= 10;)
    ;
  return n;
}

/* Returns whether the keys, joined by dots, are as long as the name. */
static bool
is_path_of (const pk_value *path, const dcp_item *item)
{
  size_t n = 0;
  if (path->kind != PK_TUPLE || !path->v.items->n)
    return false;
  for (uint32_t i = 0; i < path->v.items->n; i++)
    {
      const pk_value *key = &path->v.items->at[i];
      if (key->kind != PK_STRING && key->kind != PK_INT)
        return false;
      n += dcp_key_length (key) + (i > 0);
    }
  return n == item->len;
}

int
dcp_read_paths (dcp_load *load, const pk_value *planner)
{
  size_t n;
  if (!planner || planner->kind != PK_DICT)
    return 0;
  const pk_value **keys = sorted_keys (load->ctx, planner->v.items, &n);
  for (size_t i = 0; keys && i < load->meta.n; i++)
    {
      dcp_item *item = &load->meta.items[i];
      const pk_value **key = bsearch (item, keys, n, sizeof *keys, compare_name);
      if (key && is_path_of (*key + 1, item))
        item->path = (*key)[1].v.items;
    }
  return fmtconv_ctx_failed (load->ctx);
}
