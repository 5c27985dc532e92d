/* plugins/dcp/paths.c: the keys that led to each entry in the saved dictionary, from the planner's data.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name joins these keys by dots, and keys hold dots too: only the planner knows that 'model.a.weight' was the value
 * 'a.weight' of a dictionary 'model'. */
#include "config.h"

#include "plugins/common/pickle/lookup.h"
#include "plugins/dcp/dcp.h"

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
  pk_lookup keys;
  if (!planner || planner->kind != PK_DICT)
    return 0;
  if (pk_lookup_make (load->ctx, planner, &keys))
    return FMTCONV_E_NOMEM;
  for (size_t i = 0; i < load->meta.n; i++)
    {
      dcp_item *item = &load->meta.items[i];
      const pk_value *key = pk_lookup_find (&keys, item->name, item->len);
      if (key && is_path_of (&key[1], item))
        item->path = key[1].v.items;
    }
  return 0;
}
