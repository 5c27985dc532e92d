/* core/base/arena.c: chunks of zeroed memory that are freed together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/arena.h"
#include "core/base/os.h"
#include "core/base/size.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum
{
  FIRST_CHUNK = 16 * 1024,
  LAST_CHUNK = 1024 * 1024,
  MUCH = 32 * LAST_CHUNK,      /* an arena of so many bytes grows by … */
  LARGE_CHUNK = 4 * LAST_CHUNK /* … chunks with room for large pages */
};

struct fci_chunk
{
  fci_chunk *next;
  size_t size; /* bytes after the header */
};

/* Keeps the bytes after the header aligned for any type. */
enum
{
  ALIGN = _Alignof(max_align_t),
  HEADER = (sizeof (fci_chunk) + ALIGN - 1) / ALIGN * ALIGN
};

static void *
out_of_memory (fci_arena *arena)
{
  arena->is_out = true;
  return NULL;
}

static fci_chunk *
new_chunk (fci_arena *arena, size_t size)
{
  uint64_t total;
  if (!fci_size_add (size, HEADER, &total) || total > PTRDIFF_MAX)
    return out_of_memory (arena);
  if (!fci_budget_take (arena->budget, total))
    return out_of_memory (arena);
  fci_chunk *chunk = calloc (1, total);
  if (!chunk)
    {
      fci_budget_give (arena->budget, total);
      return out_of_memory (arena);
    }
  if (total >= LARGE_CHUNK)
    fci_os_large_pages (chunk, total);
  chunk->size = size;
  arena->total += total;
  return chunk;
}

/* Adds a separate chunk after the newest one, whose free bytes stay in use. */
static void *
alloc_large (fci_arena *arena, size_t n)
{
  fci_chunk *chunk = new_chunk (arena, n);
  if (!chunk)
    return NULL;
  fci_chunk **place = arena->chunks ? &arena->chunks->next : &arena->chunks;
  chunk->next = *place;
  *place = chunk;
  return (char *) chunk + HEADER;
}

/* Adds a chunk. Chunks double, so that small contexts stay small and large ones need few. */
static bool
grow (fci_arena *arena)
{
  size_t size = FIRST_CHUNK;
  while (size < LAST_CHUNK && size < arena->total)
    size *= 2;
  if (arena->total >= MUCH)
    size = LARGE_CHUNK;
  fci_chunk *chunk = new_chunk (arena, size - HEADER);
  if (!chunk)
    return false;
  chunk->next = arena->chunks;
  arena->chunks = chunk;
  arena->at = (char *) chunk + HEADER;
  arena->end = arena->at + chunk->size;
  return true;
}

void *
fci_arena_alloc (fci_arena *arena, size_t n)
{
  uint64_t size;
  if (!fci_size_round_up (n ? n : 1, ALIGN, &size) || size > PTRDIFF_MAX)
    return out_of_memory (arena);
  if (size > (size_t) (arena->end - arena->at))
    {
      if (size > FIRST_CHUNK / 4)
        return alloc_large (arena, size);
      if (!grow (arena))
        return NULL;
    }
  void *piece = arena->at;
  arena->at += size;
  return piece;
}

bool
fci_arena_extend (fci_arena *arena, const void *piece, size_t n, size_t more)
{
  uint64_t now, all;
  if (!arena->at || n == 0 || more > LAST_CHUNK || !fci_size_round_up (n, ALIGN, &now)
      || !fci_size_round_up (n + more, ALIGN, &all) || (const char *) piece + now != arena->at
      || all - now > (uint64_t) (arena->end - arena->at))
    return false;
  arena->at += all - now;
  return true;
}

bool
fci_arena_holds (const fci_arena *arena, const void *address)
{
  const fci_chunk *chunk = arena->chunks;
  while (chunk && (uintptr_t) address - (uintptr_t) chunk >= HEADER + chunk->size)
    chunk = chunk->next;
  return chunk != NULL;
}

void
fci_arena_release (fci_arena *arena, const void *piece, size_t n)
{
  fci_chunk **place = n < LAST_CHUNK || !arena->chunks ? NULL : &arena->chunks;
  while (place && *place && (char *) *place + HEADER != piece)
    place = &(*place)->next;
  fci_chunk *chunk = place ? *place : NULL;
  if (!chunk || (arena->at >= (char *) chunk && arena->at <= (char *) chunk + HEADER + chunk->size))
    return;
  *place = chunk->next;
  arena->total -= HEADER + chunk->size;
  fci_budget_give (arena->budget, HEADER + chunk->size);
  free (chunk);
}

static void
free_chunks (fci_budget *budget, fci_chunk *chunk)
{
  for (fci_chunk *next; chunk; chunk = next)
    {
      next = chunk->next;
      fci_budget_give (budget, HEADER + chunk->size);
      free (chunk);
    }
}

/* If the newest chunk is one large allocation, there is nothing to keep. */
void
fci_arena_reuse (fci_arena *arena)
{
  fci_chunk *chunk = arena->chunks;
  if (!chunk || !arena->at)
    {
      fci_arena_clear (arena);
      return;
    }
  free_chunks (arena->budget, chunk->next);
  chunk->next = NULL;
  char *start = (char *) chunk + HEADER;
  memset (start, 0, (size_t) (arena->at - start));
  arena->at = start;
  arena->total = HEADER + chunk->size;
}

void
fci_arena_clear (fci_arena *arena)
{
  free_chunks (arena->budget, arena->chunks);
  *arena = (fci_arena){ .budget = arena->budget };
}
