/* core/exec/worker/against.c: compares what workers would write with the bytes of existing files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/worker/against.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/reread.h"
#include <string.h>

enum
{
  STEP = 32 << 10 /* bytes that are read at once */
};

/* Returns whether the region has bytes that no other region has. */
static bool
is_counted (const fci_region *region)
{
  return region->size > 0 && region->kind != FCI_REGION_TIED;
}

int
fci_compared_init (fmtconv_ctx *ctx, const fmtconv_file *file, fci_compared *compared)
{
  size_t n = 0;
  for (const fci_region *region = file->first; region; region = region->next)
    n += is_counted (region);
  *compared = (fci_compared){ .regions = fmtconv_ctx_alloc (ctx, n, sizeof *compared->regions) };
  for (const fci_region *region = file->first; region && compared->regions; region = region->next)
    if (is_counted (region))
      {
        fci_deviation *to = &compared->regions[compared->n_regions++];
        to->region = region;
        atomic_init (&to->first, UINT64_MAX);
      }
  return fmtconv_ctx_failed (ctx);
}

/* Returns the region of a byte. */
static fci_deviation *
region_at (const fci_compared *file, uint64_t at)
{
  size_t a = 0, b = file->n_regions;
  while (b - a > 1)
    {
      const size_t middle = a + (b - a) / 2;
      if (file->regions[middle].region->at <= at)
        a = middle;
      else
        b = middle;
    }
  return &file->regions[a];
}

static void
lower (atomic_uint_fast64_t *number, uint64_t to)
{
  uint_fast64_t now = atomic_load_explicit (number, memory_order_relaxed);
  while (to < now && !atomic_compare_exchange_weak (number, &now, to))
    ;
}

/* Counts the bytes that differ, region by region. */
static void
note (const fci_against *against, const fci_compared *file, const uint8_t *wanted, const uint8_t *found,
      size_t n, uint64_t at)
{
  for (size_t i = 0; i < n;)
    {
      fci_deviation *to = region_at (file, at + i);
      const fci_region *region = to->region;
      const uint64_t left = region->at + region->size - (at + i);
      const size_t end = left < n - i ? i + (size_t) left : n;
      uint64_t differ = 0;
      for (; i < end; i++)
        if (wanted[i] != found[i]
            && (against->digests || !fci_region_is_digest (region, at + i - region->at)))
          {
            if (!differ++)
              lower (&to->first, at + i);
          }
      atomic_fetch_add_explicit (&to->n, differ, memory_order_relaxed);
    }
}

int
fci_against_compare (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at)
{
  const fci_pool *pool = worker->pool;
  const fci_compared *compared = &pool->against->files[file];
  uint8_t found[STEP];
  const uint64_t left = at < compared->size ? compared->size - at : 0;
  n = left < n ? (size_t) left : n;
  for (size_t done = 0, take; done < n; done += take)
    {
      take = n - done < STEP ? n - done : STEP;
      const int error = fci_reread_bytes (pool->fds[file], at + done, found, take);
      if (error)
        return fci_fault_reread (worker, file, error);
      if (memcmp (bytes + done, found, take) != 0)
        note (pool->against, compared, bytes + done, found, take, at + done);
    }
  return 0;
}
