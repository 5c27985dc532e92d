/* core/rules/values.c: sets of the numbers that captures matched.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/table.h"
#include "core/rules/values.h"
#include <stdlib.h>
#include <string.h>

bool
fci_values_add (fci_arena *arena, fci_values *set, int64_t value)
{
  if (value < FCI_SMALL_VALUES)
    {
      set->small[value / 64] |= UINT64_C (1) << value % 64;
      return true;
    }
  if (set->n_large && set->large[set->n_large - 1] == value)
    return true;
  if (set->n_large == set->capacity)
    {
      size_t capacity = set->capacity ? 2 * set->capacity : 64;
      int64_t *large = fci_arena_alloc (arena, capacity * sizeof *large);
      if (!large)
        return false;
      if (set->n_large)
        memcpy (large, set->large, set->n_large * sizeof *large);
      set->large = large;
      set->capacity = capacity;
    }
  set->large[set->n_large++] = value;
  return true;
}

bool
fci_values_merge (fci_arena *arena, fci_values *set, const fci_values *from)
{
  for (size_t i = 0; i < FCI_SMALL_VALUES / 64; i++)
    set->small[i] |= from->small[i];
  for (size_t i = 0; i < from->n_large; i++)
    if (!fci_values_add (arena, set, from->large[i]))
      return false;
  return true;
}

static int
compare (const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
  return (x > y) - (x < y);
}

/* Returns how many small values there are: most sets are empty or small, and memory is zeroed. */
static size_t
count_small (const fci_values *set)
{
  size_t n = 0;
  for (size_t i = 0; i < FCI_SMALL_VALUES / 64; i++)
    n += (size_t) __builtin_popcountll (set->small[i]);
  return n;
}

bool
fci_values_close (fci_arena *arena, fci_values *set)
{
  size_t n = 0;
  set->sorted = fci_arena_alloc (arena, (count_small (set) + set->n_large + 1) * sizeof *set->sorted);
  if (!set->sorted)
    return false;
  for (int64_t word = 0; word < FCI_SMALL_VALUES / 64; word++)
    for (int64_t bit = 0; set->small[word] && bit < 64; bit++)
      if (set->small[word] >> bit & 1)
        set->sorted[n++] = 64 * word + bit;
  if (set->n_large)
    qsort (set->large, set->n_large, sizeof *set->large, compare);
  for (size_t i = 0; i < set->n_large; i++)
    if (i == 0 || set->large[i] != set->large[i - 1])
      set->sorted[n++] = set->large[i];
  set->n = n;
  return true;
}

bool
fci_values_has (const fci_values *set, int64_t value)
{
  if (value < FCI_SMALL_VALUES)
    return set->small[value / 64] >> value % 64 & 1;
  return set->n && bsearch (&value, set->sorted, set->n, sizeof value, compare);
}
