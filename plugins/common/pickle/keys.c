/* plugins/common/pickle/keys.c: dictionary keys as text, and a check that they differ.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN = 256 /* bytes of a key in messages; one memoized string can be the key of many values */
};

bool
torch_key_is_name (const pk_value *key)
{
  return key->kind == PK_INT || (key->kind == PK_STRING && !memchr (key->v.s, 0, key->len));
}

const char *
torch_key_text (fmtconv_ctx *ctx, const pk_value *key)
{
  if (key->kind == PK_STRING)
    return fmtconv_ctx_printf (ctx, "%.*s", key->len < SHOWN ? (int) key->len : SHOWN, key->v.s);
  if (key->kind == PK_INT)
    return fmtconv_ctx_printf (ctx, "%lld", (long long) key->v.i);
  return fmtconv_ctx_printf (ctx, "(%s)", pk_describe (ctx, key));
}

/* Orders keys so that equal strings and ints are adjacent. */
static int
compare (const void *left, const void *right)
{
  const pk_value *a = *(const pk_value *const *) left;
  const pk_value *b = *(const pk_value *const *) right;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->kind == PK_INT)
    return a->v.i < b->v.i ? -1 : a->v.i > b->v.i;
  if (a->kind != PK_STRING)
    return 0;
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

int
torch_keys_unique (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *dict, const char *where)
{
  pk_items *items = dict->v.items;
  uint32_t n = items->n / 2;
  if (dict->kind != PK_DICT || n < 2 || items->mark.unique)
    return 0;
  const pk_value **keys = fmtconv_ctx_alloc (ctx, n, sizeof *keys);
  if (!keys)
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i < n; i++)
    keys[i] = &items->at[2 * i];
  qsort (keys, n, sizeof *keys, compare);
  for (uint32_t i = 1; i < n; i++)
    if (torch_key_is_name (keys[i]) && !compare (&keys[i - 1], &keys[i]))
      return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = pickle },
                              "dictionary '%s' has the key '%s' twice", where, torch_key_text (ctx, keys[i]));
  items->mark.unique = 1;
  return 0;
}
