/* core/exec/worker/crc-ranges.c: checksums of the ranges that workers read or wrote.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include <stdlib.h>
#include <string.h>

int
fci_crc_range_add (fci_worker *worker, fci_crc_ranges *pieces, fci_crc_range piece)
{
  if (pieces->n == pieces->capacity)
    {
      size_t capacity = pieces->capacity ? pieces->capacity * 2 : 256;
      fci_crc_range *at = realloc (pieces->at, capacity * sizeof *at);
      if (!at)
        return fci_fault_code (worker, FMTCONV_E_NOMEM);
      pieces->at = at;
      pieces->capacity = capacity;
    }
  pieces->at[pieces->n++] = piece;
  return 0;
}

static int
by_place (const void *a, const void *b)
{
  const fci_crc_range *x = a, *y = b;
  if (x->of != y->of)
    return x->of < y->of ? -1 : 1;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

int
fci_crc_ranges_collect (const fci_pool *pool, bool written, fci_crc_ranges *all)
{
  size_t n = 0;
  for (unsigned i = 0; i < pool->n_workers; i++)
    n += written ? pool->workers[i].written.n : pool->workers[i].read.n;
  *all = (fci_crc_ranges){ .at = malloc ((n + 1) * sizeof *all->at), .capacity = n + 1 };
  if (!all->at)
    {
      fci_nomem (pool->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (unsigned i = 0; i < pool->n_workers; i++)
    {
      const fci_crc_ranges *own = written ? &pool->workers[i].written : &pool->workers[i].read;
      if (own->n)
        memcpy (all->at + all->n, own->at, own->n * sizeof *all->at);
      all->n += own->n;
    }
  qsort (all->at, all->n, sizeof *all->at, by_place);
  return 0;
}
