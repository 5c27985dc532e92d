/* core/pickle/value.c: containers that grow, and what makes a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/find.h"
#include "core/pickle/machine.h"
#include "core/pickle/numpy.h"
#include <string.h>

fci_pickle_items *
fci_pickle_items_new (fci_pickle_machine *m, const fmtconv_value *values, uint32_t n)
{
  fci_pickle_items *items = fci_pickle_take (m, sizeof *items);
  return items && !fci_pickle_items_add (m, items, values, n) ? items : NULL;
}

/* Large containers have their index before the first item, so that small ones need no memory for it. */
fci_pickle_index *
fci_pickle_index_of (const fci_pickle_items *items)
{
  return items->cap < FCI_PICKLE_INDEXED ? NULL : (fci_pickle_index *) (items->at - FCI_PICKLE_INDEX_ITEMS);
}

/* Returns how many items the index before the first takes. */
static uint32_t
index_room (uint32_t capacity)
{
  return capacity >= FCI_PICKLE_INDEXED ? FCI_PICKLE_INDEX_ITEMS : 0;
}

void
fci_pickle_items_give_array (fci_pickle_memory *memory, const fci_pickle_items *items)
{
  const uint32_t before = index_room (items->cap);
  if (items->cap)
    fci_pickle_memory_give (memory, items->at - before, ((size_t) items->cap + before) * sizeof *items->at);
}

/* Makes room for n further items. */
static int
make_room (fci_pickle_machine *m, fci_pickle_items *items, uint32_t n)
{
  uint32_t capacity = items->cap ? items->cap * 2 : 0;
  if (capacity < items->n + n)
    capacity = items->n + n;
  const uint32_t before = index_room (capacity);
  fmtconv_value *at = fci_pickle_take (m, ((size_t) capacity + before) * sizeof *at);
  if (!at)
    return FMTCONV_E_NOMEM;
  at += before;
  if (items->n)
    memcpy (at, items->at, items->n * sizeof *at);
  if (!m->is_second)
    fci_pickle_items_give_array (m->memory, items);
  items->at = at;
  items->cap = capacity;
  if (before)
    *fci_pickle_index_of (items) = (fci_pickle_index){ .ctx = m->ctx, .scratch = m->ctx->scratch };
  return 0;
}

int
fci_pickle_items_add (fci_pickle_machine *m, fci_pickle_items *items, const fmtconv_value *values, uint32_t n)
{
  if (n == 0)
    return 0;
  if (n > items->cap - items->n && make_room (m, items, n))
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
  fci_pickle_object *object = value->v.object;
  return object->callee->role >= FCI_ROLE_TENSOR
         || (fci_torch_is_array (object) && fci_torch_array_is_numbers (object));
}
