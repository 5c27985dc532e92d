/* core/base/slab.c: many small objects of one type that are walked in the order in which they were made.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/slab.h"

enum
{
  FIRST = 4,   /* objects of the first block; the others double … */
  BLOCK = 4096 /* … up to so many bytes, so that they lie in the chunks of the arena */
};

void *
fci_slab_new (fmtconv_ctx *ctx, fci_arena *arena, fci_slab *slab, size_t size)
{
  if (slab->left == 0)
    {
      const size_t most = BLOCK / size ? BLOCK / size : 1, wanted = slab->n ? 2 * slab->n : FIRST;
      const size_t n = wanted < most ? wanted : most;
      char *block = fci_alloc_in (ctx, arena, n, size);
      if (!block)
        return NULL;
      *slab = (fci_slab){ .next = block, .left = n, .n = n };
    }
  void *object = slab->next;
  slab->next += size;
  slab->left--;
  return object;
}
