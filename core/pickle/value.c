/* core/pickle/value.c: containers that grow, and what makes a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/find.h"
#include "core/pickle/numpy.h"
#include <string.h>

fci_pickle_items *
fci_pickle_items_new (fmtconv_ctx *ctx, const fmtconv_value *values, uint32_t n)
{
  fci_pickle_items *items = fmtconv_scratch_alloc (ctx, 1, sizeof *items);
  return items && !fci_pickle_items_add (ctx, items, values, n) ? items : NULL;
}

/* Large containers have their index before the first item, so that small ones need no memory for it. */
fci_pickle_index *
fci_pickle_index_of (const fci_pickle_items *items)
{
  return items->cap < FCI_PICKLE_INDEXED ? NULL : (fci_pickle_index *) (items->at - FCI_PICKLE_INDEX_ITEMS);
}

/* Makes room for n further items. */
static int
make_room (fmtconv_ctx *ctx, fci_pickle_items *items, uint32_t n)
{
  uint32_t capacity = items->cap ? items->cap * 2 : 0;
  if (capacity < items->n + n)
    capacity = items->n + n;
  const uint32_t before = capacity >= FCI_PICKLE_INDEXED ? FCI_PICKLE_INDEX_ITEMS : 0;
  fmtconv_value *at = fmtconv_scratch_alloc (ctx, (size_t) capacity + before, sizeof *at);
  if (!at)
    return FMTCONV_E_NOMEM;
  at += before;
  if (items->n)
    {
      const uint32_t old = items->cap >= FCI_PICKLE_INDEXED ? FCI_PICKLE_INDEX_ITEMS : 0;
      memcpy (at, items->at, items->n * sizeof *at);
      fci_scratch_release (ctx, items->at - old, ((size_t) items->cap + old) * sizeof *at);
    }
  items->at = at;
  items->cap = capacity;
  if (before)
    *fci_pickle_index_of (items) = (fci_pickle_index){ .ctx = ctx, .scratch = ctx->scratch };
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
