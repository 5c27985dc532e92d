/* plugins/common/pickle/lookup.c: the keys of a dictionary, sorted: by length, then by bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/lookup.h"
#include <stdlib.h>
#include <string.h>

static int
compare (const void *left, const void *right)
{
  const pk_value *a = *(const pk_value *const *) left, *b = *(const pk_value *const *) right;
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

int
pk_lookup_make (fmtconv_ctx *ctx, const pk_value *container, pk_lookup *lookup)
{
  const pk_items *items = container->v.items;
  const uint32_t step = container->kind == PK_DICT ? 2 : 1;
  *lookup = (pk_lookup){ .keys = fmtconv_ctx_alloc (ctx, items->n / step + 1, sizeof *lookup->keys) };
  if (!lookup->keys)
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i + step <= items->n; i += step)
    if (items->at[i].kind == PK_STRING)
      lookup->keys[lookup->n++] = &items->at[i];
  qsort (lookup->keys, lookup->n, sizeof *lookup->keys, compare);
  return 0;
}

const pk_value *
pk_lookup_find (const pk_lookup *lookup, const char *text, size_t len)
{
  const pk_value key = { .kind = PK_STRING, .len = (uint32_t) len, .v.s = text }, *wanted = &key;
  const pk_value **found =
      lookup->n ? bsearch (&wanted, lookup->keys, lookup->n, sizeof *lookup->keys, compare) : NULL;
  return found ? *found : NULL;
}
