/* core/base/slab.h: many small objects of one type that are walked in the order in which they were made.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A walk over 100 000 objects that lie between other data waits for memory at each; if they lie next to each other, the processor
 * fetches them ahead. */
#ifndef FCI_BASE_SLAB_H
#define FCI_BASE_SLAB_H

#include "core/base/ctx.h"

/* Zeroed, it is empty.  The objects live as long as the arena. */
typedef struct fci_slab
{
  char *next;  /* the next object */
  size_t left; /* objects that fit the newest block */
  size_t n;    /* objects of that block */
} fci_slab;

/* Returns a zeroed object of `size` bytes, a multiple of its alignment; the same size and arena for all objects of a slab.  NULL: out of memory, or the
 * context has failed.  Thread: context. */
void *fci_slab_new (fmtconv_ctx *ctx, fci_arena *arena, fci_slab *slab, size_t size);

#endif
