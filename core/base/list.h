/* core/base/list.h: arrays that grow, on the heap.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_LIST_H
#define FCI_BASE_LIST_H

#include <fmtconv/types.h>
#include <stddef.h>

/* The owner frees it: free (list->items). */
typedef struct fci_list
{
  void *items;
  size_t n;
  size_t capacity; /* items that fit before it grows */
} fci_list;

/* Appends one zeroed item of `size` bytes and returns it, valid until the next call; NULL: E_NOMEM recorded. */
void *fci_list_add (fmtconv_ctx *ctx, fci_list *list, size_t size);

#endif
