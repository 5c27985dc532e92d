/* plugins/common/pickle/storages.c: one storage has one type and one size, whatever number of tensors refer to it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/storage.h"
#include <stdlib.h>
#include <string.h>

static const pk_value *
part_of (const pk_value *id, unsigned i)
{
  return &id->v.object->args->at[i];
}

/* Orders ids by key, and equal keys as the pickle has them. */
static int
compare (const void *left, const void *right)
{
  const pk_value *a = part_of (left, 2), *b = part_of (right, 2);
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  int order = memcmp (a->v.s, b->v.s, a->len);
  uint32_t x = ((const pk_value *) left)->v.object->at, y = ((const pk_value *) right)->v.object->at;
  return order ? order : (x > y) - (x < y);
}

static bool
same_key (const pk_value *a, const pk_value *b)
{
  const pk_value *x = part_of (a, 2), *y = part_of (b, 2);
  return x->len == y->len && !memcmp (x->v.s, y->v.s, x->len);
}

/* torch counts an untyped storage in bytes, and writes it next to uint8 tensors of the same storage. */
static bool
same_type (const pk_global *a, const pk_global *b)
{
  bool bytes_a = a->role == ROLE_UNTYPED || a->dtype == FMTCONV_U8,
       bytes_b = b->role == ROLE_UNTYPED || b->dtype == FMTCONV_U8;
  bool untyped = a->role == ROLE_UNTYPED || b->role == ROLE_UNTYPED;
  return untyped ? bytes_a && bytes_b && !a->why && !b->why : !strcmp (a->name, b->name);
}

static int
check_pair (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *a, const pk_value *b)
{
  const pk_value *key = part_of (a, 2);
  const pk_global *x = part_of (a, 1)->v.global, *y = part_of (b, 1)->v.global;
  const fmtconv_where where = { .source = pickle, .offset = b->v.object->at };
  int shown = key->len < 64 ? (int) key->len : 64;
  if (!same_type (x, y))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "storage '%.*s' has two types: %s.%s and %s.%s",
                            shown, key->v.s, x->module, x->name, y->module, y->name);
  if (part_of (a, 4)->v.i != part_of (b, 4)->v.i)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where,
                            "storage '%.*s' has two sizes: %lld and %lld elements", shown, key->v.s,
                            (long long) part_of (a, 4)->v.i, (long long) part_of (b, 4)->v.i);
  return 0;
}

int
torch_storages_agree (fmtconv_ctx *ctx, fmtconv_source *pickle, pk_items *ids)
{
  if (ids->n > 1)
    qsort (ids->at, ids->n, sizeof *ids->at, compare);
  for (uint32_t i = 1; i < ids->n; i++)
    if (same_key (&ids->at[i - 1], &ids->at[i]) && check_pair (ctx, pickle, &ids->at[i - 1], &ids->at[i]))
      return fmtconv_ctx_failed (ctx);
  return 0;
}
