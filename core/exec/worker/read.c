/* core/exec/worker/read.c: reads of sources by workers, from the files or from the window of the current group.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/decode.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/read.h"
#include "core/exec/worker/readahead.h"
#include "core/kernel/crc32.h"
#include "core/source/descriptors.h"
#include <string.h>

enum
{
  CRC_STEP = 256 << 10 /* bytes that are still in the cache for their checksum */
};

/* Returns the last window of the group that begins at or before `offset` of the source; NULL: none. */
static const fci_window *
find (const fci_worker *worker, const fmtconv_source *source, uint64_t offset)
{
  const fci_window *windows = FCI_WINDOWS (worker->pool->plan) + worker->group->window;
  size_t a = 0, b = worker->group->n_windows;
  while (a < b)
    {
      const size_t middle = a + (b - a) / 2;
      const fci_window *w = &windows[middle];
      if (w->source->id < source->id || (w->source == source && w->from <= offset))
        a = middle + 1;
      else
        b = middle;
    }
  return a > 0 && windows[a - 1].source == source ? &windows[a - 1] : NULL;
}

const uint8_t *
fci_worker_peek (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint64_t n)
{
  const fci_window *w = worker->group ? find (worker, source, offset) : NULL;
  if (!w || offset - w->from > w->size || n > w->size - (offset - w->from))
    return NULL;
  return worker->window + w->at + (offset - w->from);
}

int
fci_worker_read (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  const uint8_t *held = fci_worker_peek (worker, source, offset, n);
  if (held)
    {
      memcpy (to, held, n);
      return 0;
    }
  if (fci_source_decoder (source))
    return fci_worker_decode (worker, source, offset, to, n);
  if (fci_readahead_get (worker, source, offset, to, n))
    return 0;
  worker->fetched += n;
  int error = worker->pool->io->read (source, offset, to, n);
  return error == 0 ? 0 : fci_fault_read (worker, source, error);
}

bool
fci_worker_checks (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint64_t n)
{
  return source->has_crc && worker->pool->want_crc && !fci_worker_peek (worker, source, offset, n);
}

int
fci_worker_read_checked (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                         size_t n)
{
  if (!fci_worker_checks (worker, source, offset, n))
    return fci_worker_read (worker, source, offset, to, n);
  fci_crc_range piece = { .start = offset, .end = offset + n, .of = source->id };
  for (size_t done = 0, step; done < n; done += step)
    {
      uint8_t *at = (uint8_t *) to + done;
      step = n - done < CRC_STEP ? n - done : CRC_STEP;
      if (fci_worker_read (worker, source, offset + done, at, step) != 0)
        return -1;
      piece.crc = fci_crc32 (piece.crc, at, step);
    }
  return fci_crc_range_add (worker, &worker->read, piece);
}

/* Fills a window.  Bytes that an earlier group read are not recorded again for the checksum. */
static int
fill (fci_worker *worker, const fci_window *w)
{
  const size_t old = (size_t) (w->fresh - w->from), n = (size_t) w->size;
  uint8_t *to = worker->window + w->at;
  if (old && fci_worker_read (worker, w->source, w->from, to, old) != 0)
    return -1;
  return old == n ? 0 : fci_worker_read_checked (worker, w->source, w->fresh, to + old, n - old);
}

/* Asks the operating system to read the ranges of a later group while this worker computes. */
static void
foresee (const fci_pool *pool, size_t number)
{
  const fci_group *group = &FCI_GROUPS (pool->plan)[number];
  for (size_t i = 0; i < group->n_windows; i++)
    {
      const fci_window *w = &FCI_WINDOWS (pool->plan)[group->window + i];
      int fd;
      if (!w->source->disk || fci_disk_acquire (w->source->disk, &fd) != 0)
        continue;
      pool->io->will_need (fd, (off_t) (w->source->start + w->from), (off_t) w->size);
      fci_disk_release (w->source->disk);
    }
}

int
fci_worker_fill (fci_worker *worker, size_t number)
{
  const fci_pool *pool = worker->pool;
  const fci_group *group = &FCI_GROUPS (pool->plan)[number];
  int code = 0;
  for (size_t i = 0; i < group->n_windows && code == 0; i++)
    code = fill (worker, &FCI_WINDOWS (pool->plan)[group->window + i]);
  if (number + pool->n_workers < pool->plan->groups.n)
    foresee (pool, number + pool->n_workers);
  worker->group = code == 0 ? group : NULL;
  return code;
}
