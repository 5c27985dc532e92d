/* core/pickle/storages.c: one storage has one type and one size, whatever number of tensors refer to it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/storage.h"
#include <stdlib.h>
#include <string.h>

static const fmtconv_value *
part_of (const fmtconv_value *id, unsigned i)
{
  return &id->v.object->args.v.items->at[i];
}

/* Orders ids by key, and equal keys as the pickle has them. */
static int
compare (const void *left, const void *right)
{
  const fmtconv_value *a = part_of (left, 2), *b = part_of (right, 2);
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  int order = memcmp (a->v.s, b->v.s, a->len);
  uint32_t x = ((const fmtconv_value *) left)->v.object->offset,
           y = ((const fmtconv_value *) right)->v.object->offset;
  return order ? order : (x > y) - (x < y);
}

static bool
same_key (const fmtconv_value *a, const fmtconv_value *b)
{
  const fmtconv_value *x = part_of (a, 2), *y = part_of (b, 2);
  return x->len == y->len && !memcmp (x->v.s, y->v.s, x->len);
}

/* torch counts an untyped storage in bytes, and writes it next to uint8 tensors of the same storage. */
static bool
same_type (const fci_pickle_global *a, const fci_pickle_global *b)
{
  bool bytes_a = a->role == FCI_ROLE_UNTYPED || a->dtype == FMTCONV_U8,
       bytes_b = b->role == FCI_ROLE_UNTYPED || b->dtype == FMTCONV_U8;
  bool untyped = a->role == FCI_ROLE_UNTYPED || b->role == FCI_ROLE_UNTYPED;
  return untyped ? bytes_a && bytes_b && !a->why && !b->why : !strcmp (a->public.name, b->public.name);
}

static int
check_pair (fmtconv_ctx *ctx, fmtconv_source *pickle, const fmtconv_value *a, const fmtconv_value *b)
{
  const fmtconv_value *key = part_of (a, 2);
  const fci_pickle_global *x = part_of (a, 1)->v.global, *y = part_of (b, 1)->v.global;
  const fmtconv_where where = { .source = pickle, .offset = b->v.object->offset };
  int shown = key->len < 64 ? (int) key->len : 64;
  if (!same_type (x, y))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "storage '%.*s' has two types: %s.%s and %s.%s",
                            shown, key->v.s, x->public.module, x->public.name, y->public.module,
                            y->public.name);
  if (part_of (a, 4)->v.i != part_of (b, 4)->v.i)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where,
                            "storage '%.*s' has two sizes: %lld and %lld elements", shown, key->v.s,
                            (long long) part_of (a, 4)->v.i, (long long) part_of (b, 4)->v.i);
  return 0;
}

int
fci_torch_storages_agree (fmtconv_ctx *ctx, fmtconv_source *pickle, fci_pickle_items *ids)
{
  if (ids->n > 1)
    qsort (ids->at, ids->n, sizeof *ids->at, compare);
  for (uint32_t i = 1; i < ids->n; i++)
    if (same_key (&ids->at[i - 1], &ids->at[i]) && check_pair (ctx, pickle, &ids->at[i - 1], &ids->at[i]))
      return fmtconv_ctx_failed (ctx);
  return 0;
}
