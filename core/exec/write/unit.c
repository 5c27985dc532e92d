/* core/exec/write/unit.c: writes one unit: fills a buffer in output order, or lets the operating system copy.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/eval/fetch.h"
#include "core/exec/worker/cache.h"
#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/read.h"
#include "core/exec/worker/readahead.h"
#include "core/exec/worker/write.h"
#include "core/exec/write/note.h"
#include "core/exec/write/tile.h"
#include "core/exec/write/unit.h"
#include "core/kernel/crc32.h"
#include "core/plan/range.h"
#include "core/source/descriptors.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Short copies are cheaper through the buffer, as are copies that do not align pages, which a file system cannot share.
 *
 * Bytes in the buffer are read, changed and written while they are in the cache. */
enum
{
  COPY_MIN = 128 << 10,
  COPY_ALIGN = 4096,
  READ_STEP = 256 << 10,
  WRITE_STEP = 512 << 10
};

/* State of a unit: the buffer has `n` bytes of the file from `at`. */
typedef struct pen
{
  fci_worker *worker;
  uint32_t file;
  uint64_t at;
  size_t n;
} pen;

/* Writes n bytes under the file's lock.  Returns 0, or -1 with the fault set. */
static int
write_bytes (pen *p, const uint8_t *from, size_t n)
{
  if (n == 0)
    return 0;
  fci_worker_lock (p->worker, p->file);
  int code = fci_worker_write (p->worker, p->file, from, n, p->at);
  fci_worker_unlock (p->worker, p->file);
  p->at += n;
  return code;
}

/* Writes the buffer.  Returns 0, or -1 with the fault set. */
static int
flush (pen *p)
{
  const size_t n = p->n;
  p->n = 0;
  return write_bytes (p, p->worker->out, n);
}

/* Returns whether the operating system may copy these bytes directly. */
static bool
is_kernel_copy (const pen *p, const fci_run *run, uint64_t n)
{
  return run->kind == FCI_RUN_COPY && n >= COPY_MIN && !run->wanted && run->u.source->disk
         && !p->worker->pool->memory && !p->worker->pool->against && !run->u.source->has_crc
         && (run->u.source->start + run->from - run->at) % COPY_ALIGN == 0
         && !atomic_load_explicit (&p->worker->pool->no_copy_range, memory_order_relaxed);
}

static bool
is_unable (int error)
{
  return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

/* Returns how many of n bytes are copied at once: at first up to a page, because file systems can share whole pages, but not
 * parts of them. */
static size_t
kernel_step (off_t at, uint64_t n)
{
  const uint64_t part = (uint64_t) at % COPY_ALIGN;
  return (size_t) (part != 0 && n > COPY_ALIGN - part ? COPY_ALIGN - part : n);
}

/* Lets the operating system copy up to n bytes.  Returns how many it copied; the buffer handles the rest, and
 * its errors. */
static uint64_t
kernel_copy (pen *p, const fmtconv_source *source, uint64_t from, uint64_t n)
{
  fci_pool *pool = p->worker->pool;
  off_t from_at = (off_t) (source->start + from), to_at = (off_t) p->at;
  uint64_t done = 0;
  int fd;
  if (fci_disk_acquire (source->disk, &fd) != 0)
    return 0;
  pthread_mutex_lock (&pool->writing[p->file]);
  while (done < n)
    {
      ssize_t got =
          pool->io->copy_file_range (fd, &from_at, pool->fds[p->file], &to_at, kernel_step (to_at, n - done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0 && is_unable (errno))
        atomic_store (&pool->no_copy_range, true);
      if (got <= 0)
        break;
      done += (uint64_t) got;
    }
  pthread_mutex_unlock (&pool->writing[p->file]);
  fci_disk_release (source->disk);
  p->at += done;
  p->worker->fetched += done;
  return done;
}

/* Appends n bytes from byte `skip` of a run, which is not a copy, to the buffer.  Returns 0, or -1 with the
 * fault set. */
static int
draw (pen *p, const fci_run *run, uint64_t skip, size_t n)
{
  uint8_t *to = p->worker->out + p->n;
  int code = 0;
  switch (run->kind)
    {
    case FCI_RUN_LITERAL:
      memcpy (to, run->u.bytes + skip, n);
      break;
    case FCI_RUN_FILL:
      memset (to, run->u.fill, n);
      break;
    case FCI_RUN_DIGEST:
      if (fci_region_bytes (run->u.region))
        memcpy (to, fci_region_bytes (run->u.region) + skip, n);
      else
        memset (to, 0, n);
      break;
    case FCI_RUN_ROWS:
      code = fci_fetch (p->worker, run->u.rows, fci_worker_tallies (p->worker), run->from + skip, n, to);
      break;
    case FCI_RUN_COPY: /* handled by copy_through */
      break;
    }
  p->n += n;
  if (code != 0 || !run->wanted)
    return code;
  return fci_note_written (p->worker, run->wanted, run->at + skip, n, fci_crc32 (0, to, n));
}

/* Returns how many of n bytes of a run are evaluated before they are written: all, unless elements keep their
 * order. */
static size_t
step_of (const fci_run *run, uint64_t skip, size_t n)
{
  if (n <= WRITE_STEP || run->kind != FCI_RUN_ROWS || !run->u.rows->streams)
    return n;
  uint64_t step = fci_rows_cut (run->u.rows, run->from + skip, WRITE_STEP);
  return step && step < n ? (size_t) step : n;
}

/* Appends as draw does, in steps that are written as they are complete; the rest stays in the buffer. */
static int
draw_steps (pen *p, const fci_run *run, uint64_t skip, size_t n)
{
  while (n > 0)
    {
      size_t step = step_of (run, skip, n);
      if (p->n > 0 && p->n + step > WRITE_STEP && flush (p) != 0)
        return -1;
      if (draw (p, run, skip, step) != 0)
        return -1;
      skip += step;
      n -= step;
    }
  return 0;
}

/* Copies n bytes through the buffer in steps that fit the cache, and records one checksum for all. */
static int
copy_through (pen *p, const fci_run *run, uint64_t skip, size_t n)
{
  fci_worker *worker = p->worker;
  const bool checked = fci_worker_checks (worker, run->u.source, run->from + skip, n);
  const bool wanted = run->wanted != 0;
  fci_crc_range read = { .start = run->from + skip, .end = run->from + skip + n, .of = run->u.source->id };
  for (size_t done = 0, step; done < n; done += step)
    {
      if (p->n >= WRITE_STEP && flush (p) != 0)
        return -1;
      uint8_t *to = worker->out + p->n;
      step = n - done < READ_STEP ? n - done : READ_STEP;
      if (fci_worker_read (worker, run->u.source, read.start + done, to, step) != 0)
        return -1;
      read.crc = checked || wanted ? fci_crc32 (read.crc, to, step) : 0;
      p->n += step;
    }
  if (wanted && fci_note_written (worker, run->wanted, run->at + skip, n, read.crc) != 0)
    return -1;
  return checked ? fci_crc_range_add (worker, &worker->read, read) : 0;
}

/* Returns n bytes of a copy in the window; NULL: the window does not have all of them. */
static const uint8_t *
held (const pen *p, const fci_run *run, uint64_t skip, uint64_t n)
{
  return run->kind == FCI_RUN_COPY && n >= COPY_MIN
             ? fci_worker_peek (p->worker, run->u.source, run->from + skip, n)
             : NULL;
}

/* Writes bytes from the window to the file, and records their checksum. */
static int
write_held (pen *p, const fci_run *run, uint64_t skip, const uint8_t *bytes, size_t n)
{
  if (flush (p) != 0 || write_bytes (p, bytes, n) != 0)
    return -1;
  return run->wanted ? fci_note_written (p->worker, run->wanted, run->at + skip, n, fci_crc32 (0, bytes, n))
                     : 0;
}

static int
write_run (pen *p, const fci_run *run, uint64_t skip, uint64_t n)
{
  const uint8_t *bytes = held (p, run, skip, n);
  if (bytes)
    return write_held (p, run, skip, bytes, (size_t) n);
  if (is_kernel_copy (p, run, n))
    {
      if (flush (p) != 0)
        return -1;
      uint64_t done = kernel_copy (p, run->u.source, run->from + skip, n);
      skip += done;
      n -= done;
    }
  if (n == 0)
    return 0;
  if (n > p->worker->capacity)
    {
      if (flush (p) != 0 || fci_write_row_panel (p->worker, p->file, run, skip, n) != 0)
        return -1;
      p->at += n;
      return 0;
    }
  return run->kind == FCI_RUN_COPY ? copy_through (p, run, skip, (size_t) n)
                                   : draw_steps (p, run, skip, (size_t) n);
}

int
fci_write_unit (fci_worker *worker, size_t n)
{
  fci_pool *pool = worker->pool;
  const fci_unit *unit = &FCI_UNITS (pool->plan)[n];
  const fci_run *run = &FCI_RUNS (pool->plan)[unit->run];
  const size_t last = n + 1 < pool->plan->units.n ? unit[1].run : pool->plan->runs.n;
  pen p = { .worker = worker, .file = unit->file, .at = unit->at };
  uint64_t end = unit->at + unit->size;
  if (pool->finished && pool->finished[n])
    return 0;
  for (uint64_t at = unit->at; at < end; run++)
    {
      uint64_t skip = at - run->at, left = run->size - skip;
      uint64_t take = left < end - at ? left : end - at;
      fci_readahead_fill (worker, run, FCI_RUNS (pool->plan) + last);
      if (write_run (&p, run, skip, take) != 0)
        return -1;
      at += take;
    }
  if (flush (&p) != 0 || (pool->map && fci_note_unit (worker, n) != 0))
    return -1;
  fci_cache_pass (pool,
                  atomic_fetch_add_explicit (&pool->done, unit->size, memory_order_relaxed) + unit->size);
  return 0;
}

/* Returns whether an earlier run wrote all units of a group. */
static bool
is_finished (const fci_pool *pool, const fci_group *group)
{
  for (size_t i = 0; i < group->n_units; i++)
    if (!pool->finished || !pool->finished[group->unit + i])
      return false;
  return true;
}

int
fci_write_group (fci_worker *worker, size_t n)
{
  const fci_group *group = &FCI_GROUPS (worker->pool->plan)[n];
  if (is_finished (worker->pool, group))
    return 0;
  int code = fci_worker_fill (worker, n);
  for (size_t i = 0; i < group->n_units && code == 0; i++)
    code = fci_is_cancelled (worker) ? fci_fault_code (worker, FMTCONV_E_CANCELLED)
                                     : fci_write_unit (worker, group->unit + i);
  worker->group = NULL;
  return code;
}
