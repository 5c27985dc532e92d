/* core/rules/index.c: memory and hash tables of a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/index.h"
#include "core/rules/run.h"

enum
{
  FIRST_SLOTS = 64
};

void *
fci_rule_run_alloc (fci_rule_run *run, size_t n, size_t size)
{
  void *p = n <= SIZE_MAX / size ? fci_arena_alloc (&run->arena, n * size) : NULL;
  if (!p)
    run->code = FMTCONV_E_NOMEM;
  return p;
}

/* Returns the slot of the number with that hash for which `same` holds, or the free slot for it; the table is not empty.
 * same == NULL: the number is new. */
static struct fci_rule_index_slot *
find (const fci_rule_index *index, uint32_t hash, bool (*same) (const void *arg, uint32_t id),
      const void *arg)
{
  const size_t mask = index->capacity - 1;
  size_t i = hash & mask;
  while (index->slot[i].id && !(same && index->slot[i].hash == hash && same (arg, index->slot[i].id - 1)))
    i = (i + 1) & mask;
  return &index->slot[i];
}

uint32_t
fci_rule_index_find (const fci_rule_index *index, uint64_t hash, bool (*same) (const void *arg, uint32_t id),
                     const void *arg)
{
  const struct fci_rule_index_slot *slot = index->n ? find (index, (uint32_t) hash, same, arg) : NULL;
  return slot && slot->id ? slot->id - 1 : FCI_RULE_NONE;
}

/* Doubles the table.  Returns false if memory ran out: it stays as it was. */
static bool
grow (fci_rule_run *run, fci_rule_index *index)
{
  const fci_rule_index old = *index;
  index->capacity = old.capacity ? 2 * old.capacity : FIRST_SLOTS;
  index->slot = fci_rule_run_alloc (run, index->capacity, sizeof *index->slot);
  if (!index->slot)
    {
      *index = old;
      return false;
    }
  for (size_t i = 0; i < old.capacity; i++)
    if (old.slot[i].id)
      *find (index, old.slot[i].hash, NULL, NULL) = old.slot[i];
  if (old.capacity)
    fci_arena_release (&run->arena, old.slot, old.capacity * sizeof *old.slot);
  return true;
}

void
fci_rule_index_add (fci_rule_run *run, fci_rule_index *index, uint64_t hash, uint32_t id)
{
  if (index->n >= index->capacity / 2 && !grow (run, index))
    return;
  *find (index, (uint32_t) hash, NULL, NULL) =
      (struct fci_rule_index_slot){ .hash = (uint32_t) hash, .id = id + 1 };
  index->n++;
}
