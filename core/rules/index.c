/* core/rules/index.c: memory and hash tables of a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/index.h"
#include "core/rules/run.h"

void *
fci_rule_run_alloc (fci_rule_run *run, size_t n, size_t size)
{
  void *p = n <= SIZE_MAX / size ? fci_arena_alloc (&run->arena, n * size) : NULL;
  if (!p)
    run->code = FMTCONV_E_NOMEM;
  return p;
}

bool
fci_rule_index_make (fci_rule_run *run, fci_rule_index *index, size_t n)
{
  for (index->capacity = 64; index->capacity < 2 * n; index->capacity *= 2)
    ;
  index->slot = fci_rule_run_alloc (run, index->capacity, sizeof *index->slot);
  return index->slot != NULL;
}

uint32_t
fci_rule_index_find (const fci_rule_index *index, uint64_t hash, bool (*same) (const void *arg, uint32_t id),
                     const void *arg)
{
  size_t mask = index->capacity - 1;
  for (size_t i = hash & mask; index->slot[i].id; i = (i + 1) & mask)
    if (index->slot[i].hash == (uint32_t) (hash >> 32) && same (arg, index->slot[i].id - 1))
      return index->slot[i].id - 1;
  return FCI_RULE_NONE;
}

void
fci_rule_index_add (fci_rule_index *index, uint64_t hash, uint32_t id)
{
  size_t mask = index->capacity - 1, i = hash & mask;
  while (index->slot[i].id)
    i = (i + 1) & mask;
  index->slot[i].hash = (uint32_t) (hash >> 32);
  index->slot[i].id = id + 1;
}
