/* core/base/arena.h: memory that lives as long as its context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_ARENA_H
#define FCI_BASE_ARENA_H

#include "core/base/budget.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct fci_chunk fci_chunk;

typedef struct fci_arena
{
  fci_chunk *chunks; /* newest first */
  char *at;          /* free bytes of the newest chunk */
  char *end;
  size_t total;       /* bytes allocated from the system */
  fci_budget *budget; /* is charged for them; NULL: none */
  bool is_out;        /* an allocation has failed, so errors that follow from it have this cause */
} fci_arena;

/* Returns `n` zeroed bytes aligned for any type (n = 0: a unique pointer); NULL: out of memory, or beyond the
 * budget. Large requests get a separate chunk. */
void *fci_arena_alloc (fci_arena *arena, size_t n);

/* Makes the newest allocation, `piece` of n bytes, longer by `more` zeroed bytes where it is.  Returns false if it is not the
 * newest, or has no room. */
bool fci_arena_extend (fci_arena *arena, const void *piece, size_t n, size_t more);

/* Returns the bytes of the newest chunk that are not in use. */
static inline size_t
fci_arena_room (const fci_arena *arena)
{
  return (size_t) (arena->end - arena->at);
}

/* Returns whether an address is in the arena's memory. */
bool fci_arena_holds (const fci_arena *arena, const void *address);

/* Frees `piece`, an allocation of n bytes that was replaced by a larger one, if it is a chunk by itself and large enough that
 * looking for it costs little. */
void fci_arena_release (fci_arena *arena, const void *piece, size_t n);

/* Frees all allocations at once; keeps the newest chunk for reuse. */
void fci_arena_reuse (fci_arena *arena);

/* Frees everything. The budget stays. */
void fci_arena_clear (fci_arena *arena);

#endif
