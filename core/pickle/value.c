/* core/pickle/value.c: containers that grow, and what makes a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/find.h"
#include "core/pickle/numpy.h"
#include <string.h>

void *
fci_pickle_grow (fmtconv_ctx *ctx, void *array, uint32_t n, uint32_t *cap, size_t size)
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

fci_pickle_items *
fci_pickle_items_new (fmtconv_ctx *ctx, const fmtconv_value *values, uint32_t n)
{
  fci_pickle_items *items = fmtconv_ctx_alloc (ctx, 1, sizeof *items);
  return items && !fci_pickle_items_add (ctx, items, values, n) ? items : NULL;
}

/* Large containers have their index before the first item, so that small ones need no memory for it. */
fci_pickle_index *
fci_pickle_index_of (const fci_pickle_items *items)
{
  return items->cap < FCI_PICKLE_INDEXED ? NULL : (fci_pickle_index *) (items->at - 1);
}

/* Makes room for n further items. */
static int
make_room (fmtconv_ctx *ctx, fci_pickle_items *items, uint32_t n)
{
  uint32_t capacity = items->cap ? items->cap * 2 : 0;
  if (capacity < items->n + n)
    capacity = items->n + n;
  const uint32_t before = capacity >= FCI_PICKLE_INDEXED;
  fmtconv_value *at = fmtconv_ctx_alloc (ctx, (size_t) capacity + before, sizeof *at);
  if (!at)
    return FMTCONV_E_NOMEM;
  at += before;
  if (items->n)
    memcpy (at, items->at, items->n * sizeof *at);
  items->at = at;
  items->cap = capacity;
  if (before)
    fci_pickle_index_of (items)->ctx = ctx;
  return 0;
}

int
fci_pickle_items_add (fmtconv_ctx *ctx, fci_pickle_items *items, const fmtconv_value *values, uint32_t n)
{
  if (n == 0)
    return 0;
  if (n > items->cap - items->n && make_room (ctx, items, n))
    return FMTCONV_E_NOMEM;
  memcpy (items->at + items->n, values, n * sizeof *values);
  items->n += n;
  return 0;
}

bool
fci_pickle_is_tensor (const fmtconv_value *value)
{
  if (value->kind != FMTCONV_VALUE_OBJECT)
    return false;
  const fci_pickle_object *object = value->v.object;
  return object->callee->role >= FCI_ROLE_TENSOR
         || (fci_torch_is_array (object) && fci_torch_array_is_numbers (object));
}
