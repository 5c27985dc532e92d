/* core/exec/unit.c: writes one unit: fills a buffer in the order of the output, or lets the kernel copy.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/work.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  COPY_MIN = 128 << 10, /* shorter copies are cheaper through the buffer */
  CRC_STEP = 256 << 10  /* bytes that are still in the cache when their checksum is made */
};

/* A unit in the making: bytes from `at` of the file are in the buffer, `n` of them. */
typedef struct pen
{
  fci_worker *worker;
  uint32_t file;
  uint64_t at;
  size_t n;
} pen;

int
fci_worker_read (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  int error = worker->work->io->read (source, offset, to, n);
  return error == 0 ? 0 : fci_fault_read (worker, source, error);
}

static int
add_piece (fci_worker *worker, fci_pieces *pieces, fci_piece piece)
{
  if (pieces->n == pieces->room)
    {
      size_t room = pieces->room ? pieces->room * 2 : 256;
      fci_piece *at = realloc (pieces->at, room * sizeof *at);
      if (!at)
        return fci_fault_code (worker, FMTCONV_E_NOMEM);
      pieces->at = at;
      pieces->room = room;
    }
  pieces->at[pieces->n++] = piece;
  return 0;
}

int
fci_worker_read_piece (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  uint32_t crc;
  return source->has_crc && worker->work->want_crc ? fci_worker_read_crc (worker, source, offset, to, n, &crc)
                                                   : fci_worker_read (worker, source, offset, to, n);
}

int
fci_worker_read_crc (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n,
                     uint32_t *crc)
{
  uint32_t sum = 0;
  for (size_t done = 0, step; done < n; done += step)
    {
      uint8_t *at = (uint8_t *) to + done;
      step = n - done < CRC_STEP ? n - done : CRC_STEP;
      if (fci_worker_read (worker, source, offset + done, at, step) != 0)
        return -1;
      sum = fci_crc32 (sum, at, step);
    }
  *crc = sum;
  if (!source->has_crc || !worker->work->want_crc)
    return 0;
  return add_piece (worker, &worker->read,
                    (fci_piece){ .start = offset, .end = offset + n, .of = source->id, .crc = sum });
}

/* n bytes from `at` of a file that belong to a region with a digest. */
static int
note_written (fci_worker *worker, uint32_t region, uint64_t at, size_t n, uint32_t crc)
{
  fci_pieces *pieces = &worker->written;
  fci_piece *last = pieces->n ? &pieces->at[pieces->n - 1] : NULL;
  if (last && last->of == region && last->end == at)
    {
      last->crc = fci_crc32_combine (last->crc, crc, n);
      last->end += n;
      return 0;
    }
  return add_piece (worker, pieces, (fci_piece){ .start = at, .end = at + n, .of = region, .crc = crc });
}

/* What the buffer holds, by one call or several.  0, or an errno. */
static int
write_all (pen *p)
{
  const fci_work *work = p->worker->work;
  const uint8_t *from = p->worker->out;
  while (p->n > 0)
    {
      ssize_t n = work->io->pwrite (work->fds[p->file], from, p->n, (off_t) p->at);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : EIO;
      from += n;
      p->at += (uint64_t) n;
      p->n -= (size_t) n;
    }
  return 0;
}

/* Write what the buffer holds, when no other worker writes the file. */
static int
flush (pen *p)
{
  pthread_mutex_t *lock = &p->worker->work->writing[p->file];
  if (p->n == 0)
    return 0;
  pthread_mutex_lock (lock);
  int error = write_all (p);
  pthread_mutex_unlock (lock);
  return error == 0 ? 0 : fci_fault_write (p->worker, p->file, error);
}

/* May the kernel copy these bytes unseen? */
static bool
is_kernel_copy (const pen *p, const fci_run *run, uint64_t n)
{
  return run->kind == FCI_RUN_COPY && n >= COPY_MIN && !run->wanted && run->u.source->disk
         && !run->u.source->has_crc
         && !atomic_load_explicit (&p->worker->work->no_copy_range, memory_order_relaxed);
}

static bool
is_unable (int error)
{
  return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

/* As many of n bytes as the kernel will copy; the rest is for the buffer, which finds out what is wrong. */
static uint64_t
kernel_copy (pen *p, const fmtconv_source *source, uint64_t from, uint64_t n)
{
  fci_work *work = p->worker->work;
  off_t from_at = (off_t) (source->start + from), to_at = (off_t) p->at;
  uint64_t done = 0;
  pthread_mutex_lock (&work->writing[p->file]);
  while (done < n)
    {
      ssize_t got = work->io->copy_file_range (source->disk->fd, &from_at, work->fds[p->file], &to_at,
                                               (size_t) (n - done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0 && is_unable (errno))
        atomic_store (&work->no_copy_range, true);
      if (got <= 0)
        break;
      done += (uint64_t) got;
    }
  pthread_mutex_unlock (&work->writing[p->file]);
  p->at += done;
  return done;
}

/* n bytes of a run from byte `skip` to the end of the buffer. */
static int
draw (pen *p, const fci_run *run, uint64_t skip, size_t n)
{
  uint8_t *to = p->worker->out + p->n;
  uint32_t crc = 0;
  int code = 0;
  switch (run->kind)
    {
    case FCI_RUN_LITERAL:
      memcpy (to, run->u.bytes + skip, n);
      break;
    case FCI_RUN_FILL:
      memset (to, run->u.fill, n);
      break;
    case FCI_RUN_COPY:
      code = run->wanted ? fci_worker_read_crc (p->worker, run->u.source, run->from + skip, to, n, &crc)
                         : fci_worker_read_piece (p->worker, run->u.source, run->from + skip, to, n);
      break;
    case FCI_RUN_DIGEST:
      memset (to, 0, n);
      break;
    case FCI_RUN_ROWS:
      code = fci_fetch (p->worker, run->u.rows, p->worker->work->tallies, run->from + skip, n, to);
      break;
    }
  p->n += n;
  if (code != 0 || !run->wanted)
    return code;
  if (run->kind != FCI_RUN_COPY)
    crc = fci_crc32 (0, to, n);
  return note_written (p->worker, run->wanted, run->at + skip, n, crc);
}

static int
write_run (pen *p, const fci_run *run, uint64_t skip, uint64_t n)
{
  if (is_kernel_copy (p, run, n))
    {
      if (flush (p) != 0)
        return -1;
      uint64_t done = kernel_copy (p, run->u.source, run->from + skip, n);
      skip += done;
      n -= done;
    }
  return n == 0 ? 0 : draw (p, run, skip, (size_t) n);
}

int
fci_write_unit (fci_worker *worker, size_t n)
{
  fci_work *work = worker->work;
  const fci_unit *unit = &FCI_UNITS (work->plan)[n];
  const fci_run *run = &FCI_RUNS (work->plan)[unit->run];
  pen p = { .worker = worker, .file = unit->file, .at = unit->at };
  uint64_t end = unit->at + unit->size;
  for (uint64_t at = unit->at; at < end; run++)
    {
      uint64_t skip = at - run->at, left = run->size - skip;
      uint64_t take = left < end - at ? left : end - at;
      if (write_run (&p, run, skip, take) != 0)
        return -1;
      at += take;
    }
  if (flush (&p) != 0)
    return -1;
  atomic_fetch_add_explicit (&work->done, unit->size, memory_order_relaxed);
  return 0;
}
