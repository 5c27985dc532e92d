/* core/exec/write/note.c: records in the work map what a unit leaves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A unit that is not written again must be counted as if it were: checksums of what it read and wrote, tallies of its
 * roundings, rows that an encoder cannot store.  So a worker counts for itself, and adds its numbers to those of the pool
 * when the unit is complete. */
#include "config.h"

#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include "core/exec/write/note-record.h"
#include "core/exec/write/note.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SYNC_BYTES = 1 << 30 /* of output, between flushes of the files */
};

static bool
has_tally (const fci_tally *t)
{
  return t->inexact || t->overflow || t->underflow || t->nan || t->inf || t->normal;
}

static bool
has_rows (const fci_bad_rows *rows)
{
  return rows->nan != UINT64_MAX || rows->inf != UINT64_MAX;
}

/* Appends n bytes to the worker's record of *size bytes.  Returns false if there is no memory. */
static bool
put (fci_worker *w, size_t *size, const void *bytes, size_t n)
{
  if (*size + n > w->note_capacity)
    {
      const size_t capacity = 2 * (*size + n);
      uint8_t *more = realloc (w->note, capacity);
      if (!more)
        return false;
      w->note = more;
      w->note_capacity = capacity;
    }
  if (n)
    memcpy (w->note + *size, bytes, n);
  *size += n;
  return true;
}

/* Moves a tally of the worker to the pool and to the record. */
static bool
move_tally (fci_worker *w, size_t number, size_t *size, uint64_t *n)
{
  fci_tally *own = &w->tallies[number];
  if (!has_tally (own))
    return true;
  const noted_tally noted = { .number = number, .tally = *own };
  fci_note_add_tally (&w->pool->tallies[number], own);
  memset (own, 0, sizeof *own);
  ++*n;
  return put (w, size, &noted, sizeof noted);
}

/* Moves the tallies of a tensor. */
static bool
move_tallies (fci_worker *w, const fci_rows *rows, size_t *size, uint64_t *n)
{
  bool good = !rows->encoder || move_tally (w, rows->encoder->tally, size, n);
  for (size_t i = 0; i < rows->n_parts && good; i++)
    for (unsigned k = 0; k < rows->parts[i].program->n_points && good; k++)
      good = move_tally (w, rows->parts[i].tally + k, size, n);
  return good;
}

static bool
move_rows (fci_worker *w, const fci_rows *rows, size_t *size, uint64_t *n)
{
  fci_bad_rows *own = rows->encoder ? &w->bad_rows[rows->encoder->number] : NULL;
  if (!own || !has_rows (own))
    return true;
  const noted_rows noted = { .number = rows->encoder->number, .rows = *own };
  fci_note_add_rows (&w->pool->bad_rows[noted.number], own);
  *own = (fci_bad_rows){ .nan = UINT64_MAX, .inf = UINT64_MAX };
  ++*n;
  return put (w, size, &noted, sizeof noted);
}

typedef bool move_fn (fci_worker *w, const fci_rows *rows, size_t *size, uint64_t *n);

/* Moves numbers of all tensors that the unit has parts of. */
static bool
move_all (fci_worker *w, const fci_unit *unit, move_fn *move, size_t *size, uint64_t *n)
{
  const fci_plan *plan = w->pool->plan;
  bool good = true;
  for (size_t i = unit->run; i < plan->runs.n && good; i++)
    {
      const fci_run *run = &FCI_RUNS (plan)[i];
      if (i > unit->run && (run->at == 0 || run->at >= unit->at + unit->size))
        break;
      good = run->kind != FCI_RUN_ROWS || move (w, run->u.rows, size, n);
    }
  return good;
}

/* Builds the record.  Returns its size; 0: there is no memory. */
static size_t
build (fci_worker *w, const fci_unit *unit)
{
  size_t size = 0;
  note head = { .at = unit->at,
                .size = unit->size,
                .file = unit->file,
                .fetched = w->fetched - w->mark.fetched,
                .n_read = w->read.n - w->mark.read,
                .n_written = w->written.n - w->mark.written };
  const fci_crc_range *read = w->read.at ? w->read.at + w->mark.read : NULL,
                      *written = w->written.at ? w->written.at + w->mark.written : NULL;
  if (!put (w, &size, &head, sizeof head) || !put (w, &size, read, (size_t) head.n_read * sizeof *read)
      || !put (w, &size, written, (size_t) head.n_written * sizeof *written)
      || !move_all (w, unit, move_tallies, &size, &head.n_tallies)
      || !move_all (w, unit, move_rows, &size, &head.n_bad))
    return 0;
  memcpy (w->note, &head, sizeof head);
  w->mark = (fci_mark){ .read = w->read.n, .written = w->written.n, .fetched = w->fetched };
  return size;
}

/* Flushes all files and records that.  The system reports an error of the disk once, so that it must not be ignored here. */
static int
sync_files (fci_worker *w, uint64_t until)
{
  fci_pool *pool = w->pool;
  for (uint32_t i = 0; i < pool->plan->files.n; i++)
    if (pool->io->fsync (pool->fds[i]) != 0)
      return fci_fault_write (w, i, errno);
  pthread_mutex_lock (&pool->map->lock);
  fci_map_append (pool->map, FCI_MAP_SYNCED, &until, sizeof until);
  pool->map->syncing = false;
  pthread_mutex_unlock (&pool->map->lock);
  return 0;
}

int
fci_note_unit (fci_worker *worker, size_t unit)
{
  fci_work_map *map = worker->pool->map;
  const fci_unit *u = &FCI_UNITS (worker->pool->plan)[unit];
  const size_t size = build (worker, u);
  if (size == 0)
    return fci_fault_code (worker, FMTCONV_E_NOMEM);
  pthread_mutex_lock (&map->lock);
  fci_map_append (map, FCI_MAP_UNIT, worker->note, size);
  map->unsynced += u->size;
  const uint64_t until = map->end;
  const bool sync = map->unsynced >= SYNC_BYTES && !map->syncing && !map->error;
  if (sync)
    {
      map->syncing = true;
      map->unsynced = 0;
    }
  pthread_mutex_unlock (&map->lock);
  return sync ? sync_files (worker, until) : 0;
}
