/* core/model/rules-index.c: memory and hash tables of a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/rules-run.h"
#include <string.h>
#include <time.h>

void *
fci_run_alloc (fci_run *run, size_t n, size_t size)
{
  void *p = n <= SIZE_MAX / size ? fci_arena_alloc (&run->arena, n * size) : NULL;
  if (!p)
    run->code = FMTCONV_E_NOMEM;
  return p;
}

static uint64_t
mix (uint64_t a, uint64_t b)
{
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide) (a ^ UINT64_C (0x9e3779b97f4a7c15)) * (b ^ UINT64_C (0xd1b54a32d192ed03));
  return (uint64_t) product ^ (uint64_t) (product >> 64);
}

uint64_t
fci_rules_hash (uint64_t hash, const void *bytes, size_t len)
{
  const char *s = bytes;
  for (; len >= 8; s += 8, len -= 8)
    {
      uint64_t word;
      memcpy (&word, s, 8);
      hash = mix (hash, word);
    }
  uint64_t last = 0;
  memcpy (&last, s, len);
  return mix (hash, last ^ (uint64_t) len << 56);
}

/* The seed differs from run to run, so that a file cannot choose names that collide. */
bool
fci_index_make (fci_run *run, fci_index *index, size_t n)
{
  struct timespec now = { 0 };
  clock_gettime (CLOCK_MONOTONIC, &now);
  index->seed = mix ((uint64_t) (uintptr_t) run, (uint64_t) now.tv_nsec ^ (uint64_t) now.tv_sec << 30);
  for (index->room = 64; index->room < 2 * n; index->room *= 2)
    ;
  index->slot = fci_run_alloc (run, index->room, sizeof *index->slot);
  return index->slot != NULL;
}

uint32_t
fci_index_find (const fci_index *index, uint64_t hash, bool (*same) (const void *arg, uint32_t id),
                const void *arg)
{
  size_t mask = index->room - 1;
  for (size_t i = hash & mask; index->slot[i].id; i = (i + 1) & mask)
    if (index->slot[i].hash == (uint32_t) (hash >> 32) && same (arg, index->slot[i].id - 1))
      return index->slot[i].id - 1;
  return FCI_NONE;
}

void
fci_index_add (fci_index *index, uint64_t hash, uint32_t id)
{
  size_t mask = index->room - 1, i = hash & mask;
  while (index->slot[i].id)
    i = (i + 1) & mask;
  index->slot[i].hash = (uint32_t) (hash >> 32);
  index->slot[i].id = id + 1;
}
