/* core/base/list.c: arrays that grow, on the heap.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *
fci_list_add (fmtconv_ctx *ctx, fci_list *list, size_t size)
{
  if (list->n == list->capacity)
    {
      size_t capacity = list->capacity ? list->capacity * 2 : 64;
      void *items = capacity > SIZE_MAX / size ? NULL : realloc (list->items, capacity * size);
      if (!items)
        return fci_nomem (ctx);
      list->items = items;
      list->capacity = capacity;
    }
  return memset ((char *) list->items + list->n++ * size, 0, size);
}
