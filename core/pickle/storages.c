/* core/pickle/storages.c: one storage has one type and one size, whatever number of tensors refer to it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/storage.h"
#include <stdlib.h>
#include <string.h>

int
fci_pickle_storages_add (fci_pickle_machine *m, const fci_pickle_items *id)
{
  fci_pickle_storages *s = m->storages;
  fci_pickle_storage *at = fci_pickle_grow (m, s->at, s->n, &s->cap, sizeof *at);
  if (!at)
    return FMTCONV_E_NOMEM;
  s->at = at;
  s->at[s->n++] = (fci_pickle_storage){ .key = id->at[2].v.s,
                                        .key_len = id->at[2].len,
                                        .offset = m->at,
                                        .class = id->at[1].v.global,
                                        .count = id->at[4].v.i };
  return 0;
}

int
fci_pickle_storages_keep (fci_pickle_machine *m)
{
  fci_pickle_storages *s = m->storages;
  fci_pickle_storage *at = fmtconv_scratch_alloc (m->ctx, s->n, sizeof *at);
  if (at && s->n)
    memcpy (at, s->at, s->n * sizeof *at);
  s->at = at;
  s->cap = s->n;
  return at ? 0 : fmtconv_ctx_failed (m->ctx);
}

/* Orders ids by key, and equal keys as the pickle has them. */
static int
compare (const void *left, const void *right)
{
  const fci_pickle_storage *a = left, *b = right;
  if (a->key_len != b->key_len)
    return a->key_len < b->key_len ? -1 : 1;
  int order = memcmp (a->key, b->key, a->key_len);
  return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

static bool
same_key (const fci_pickle_storage *a, const fci_pickle_storage *b)
{
  return a->key_len == b->key_len && !memcmp (a->key, b->key, a->key_len);
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
check_pair (fmtconv_ctx *ctx, fmtconv_source *pickle, const fci_pickle_storage *a,
            const fci_pickle_storage *b)
{
  const fmtconv_where where = { .source = pickle, .offset = b->offset };
  int shown = a->key_len < 64 ? (int) a->key_len : 64;
  if (!same_type (a->class, b->class))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "storage '%.*s' has two types: %s.%s and %s.%s",
                            shown, a->key, a->class->public.module, a->class->public.name,
                            b->class->public.module, b->class->public.name);
  if (a->count != b->count)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where,
                            "storage '%.*s' has two sizes: %lld and %lld elements", shown, a->key,
                            (long long) a->count, (long long) b->count);
  return 0;
}

int
fci_torch_storages_agree (fmtconv_ctx *ctx, fmtconv_source *pickle, fci_pickle_storages *ids)
{
  if (ids->n > 1)
    qsort (ids->at, ids->n, sizeof *ids->at, compare);
  for (uint32_t i = 1; i < ids->n; i++)
    if (same_key (&ids->at[i - 1], &ids->at[i]) && check_pair (ctx, pickle, &ids->at[i - 1], &ids->at[i]))
      return fmtconv_ctx_failed (ctx);
  return 0;
}
