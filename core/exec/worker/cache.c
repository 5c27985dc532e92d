/* core/exec/worker/cache.c: a conversion larger than the memory does not fill the page cache.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was read once is not read again, and the system would keep it instead of what other programs use. */
#include "config.h"

#include "core/base/os.h"
#include "core/exec/worker/cache.h"
#include "core/plan/run.h"
#include "core/source/descriptors.h"

enum
{
  STRETCH = 256 << 20, /* bytes of the output after which the files leave the memory, at most … */
  PART = 16            /* … and the part of the memory that this is at most */
};

void
fci_cache_start (fci_pool *pool, uint64_t bytes)
{
  const bool can_drop = pool->io->memory && pool->io->drop_cache;
  const uint64_t memory = can_drop ? pool->io->memory () : 0;
  pool->stretch = memory / PART < STRETCH ? memory / PART : STRETCH;
  atomic_store (&pool->next_drop, memory && bytes > memory / 2 ? pool->stretch : 0);
}

/* One worker does it; bytes that are not on the disk yet are sent there, and leave the next time. */
void
fci_cache_pass (fci_pool *pool, uint64_t done)
{
  uint_fast64_t next = atomic_load_explicit (&pool->next_drop, memory_order_relaxed);
  if (next == 0 || done < next || !pool->fds
      || !atomic_compare_exchange_strong (&pool->next_drop, &next, done + pool->stretch))
    return;
  for (size_t i = 0; i < pool->plan->files.n; i++)
    pool->io->drop_cache (pool->fds[i]);
  fci_sources_drop_cache (fci_sources_of (pool->ctx), pool->io->drop_cache);
}
