/* core/base/arena.h: memory that lives as long as its context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_ARENA_H
#define FCI_BASE_ARENA_H

#include <stddef.h>

typedef struct fci_chunk fci_chunk;

typedef struct fci_arena
{
  fci_chunk *chunks; /* newest first */
  char *at;          /* free room of the newest */
  char *end;
  size_t total; /* bytes taken from the system */
} fci_arena;

/* `n` zeroed bytes aligned for anything (n = 0: a unique pointer); NULL: out of memory.  Large pieces
 * get a chunk of their own. */
void *fci_arena_alloc (fci_arena *arena, size_t n);

/* Forget every piece; the newest chunk is kept for what comes next. */
void fci_arena_reuse (fci_arena *arena);

/* Free everything. */
void fci_arena_clear (fci_arena *arena);

#endif
