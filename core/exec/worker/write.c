/* core/exec/worker/write.c: writes of workers, with checksums.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/against.h"
#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/write.h"
#include "core/kernel/crc32.h"
#include <errno.h>
#include <string.h>

/* Writes are split into small calls.  The kernel allocates page cache in blocks as large as a call, and large
 * blocks are mostly unused memory, which a virtual machine may have to request from its host.  On such a
 * machine, 3.4 GB took 5 s of CPU time in calls of 512 KiB, 2 s in calls of 128 KiB and 1.3 s in calls of
 * this size (cp: 1.1 s). */
enum
{
  WRITE_CALL = 32 << 10
};

/* Returns whether bytes go to files. */
static bool
has_locks (const fci_pool *pool)
{
  return !pool->memory && !pool->against;
}

void
fci_worker_lock (fci_worker *worker, uint32_t file)
{
  if (has_locks (worker->pool))
    pthread_mutex_lock (&worker->pool->writing[file]);
}

void
fci_worker_unlock (fci_worker *worker, uint32_t file)
{
  if (has_locks (worker->pool))
    pthread_mutex_unlock (&worker->pool->writing[file]);
}

int
fci_worker_write (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at)
{
  const fci_pool *pool = worker->pool;
  if (pool->memory)
    {
      memcpy (pool->memory + (at - pool->memory_at), bytes, n);
      return 0;
    }
  if (pool->against)
    return fci_against_compare (worker, file, bytes, n, at);
  while (n > 0)
    {
      size_t take = n < WRITE_CALL ? n : WRITE_CALL;
      ssize_t done = pool->io->pwrite (pool->fds[file], bytes, take, (off_t) at);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        return fci_fault_write (worker, file, done < 0 ? errno : EIO);
      bytes += done;
      at += (uint64_t) done;
      n -= (size_t) done;
    }
  return 0;
}

int
fci_note_written (fci_worker *worker, uint32_t region, uint64_t at, uint64_t n, uint32_t crc)
{
  fci_crc_ranges *pieces = &worker->written;
  /* What the map has of an earlier unit stays as it is there. */
  fci_crc_range *last = pieces->n > worker->mark.written ? &pieces->at[pieces->n - 1] : NULL;
  if (last && last->of == region && last->end == at)
    {
      last->crc = fci_crc32_combine (last->crc, crc, n);
      last->end += n;
      return 0;
    }
  return fci_crc_range_add (worker, pieces,
                            (fci_crc_range){ .start = at, .end = at + n, .of = region, .crc = crc });
}
