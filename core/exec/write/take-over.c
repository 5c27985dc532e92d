/* core/exec/write/take-over.c: takes over what the work map says of units that are written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/exec/worker/crc-ranges.h"
#include "core/exec/write/note-record.h"
#include "core/exec/write/note.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
fci_note_add_tally (fci_tally *to, const fci_tally *t)
{
  __atomic_fetch_add (&to->inexact, t->inexact, __ATOMIC_RELAXED);
  __atomic_fetch_add (&to->overflow, t->overflow, __ATOMIC_RELAXED);
  __atomic_fetch_add (&to->underflow, t->underflow, __ATOMIC_RELAXED);
  __atomic_fetch_add (&to->nan, t->nan, __ATOMIC_RELAXED);
  __atomic_fetch_add (&to->inf, t->inf, __ATOMIC_RELAXED);
  __atomic_fetch_add (&to->normal, t->normal, __ATOMIC_RELAXED);
}

static void
lower (uint64_t *number, uint64_t to)
{
  uint64_t now = __atomic_load_n (number, __ATOMIC_RELAXED);
  while (to < now
         && !__atomic_compare_exchange_n (number, &now, to, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

void
fci_note_add_rows (fci_bad_rows *to, const fci_bad_rows *rows)
{
  lower (&to->nan, rows->nan);
  lower (&to->inf, rows->inf);
}

/* The units of a plan by their place, and the pool that gets what was recorded. */
typedef struct taking
{
  fci_pool *pool;
  fci_map *units; /* key → number */
  bool has_stranger;
} taking;

/* The places of the units of shares. */
typedef struct gathering
{
  fci_pool *pool;
  fci_list *places; /* key */
} gathering;

/* The place of a unit. */
typedef struct key
{
  uint64_t file;
  uint64_t at;
  uint64_t size;
} key;

/* The lists of a record. */
typedef struct lists
{
  note head;
  const uint8_t *read;
  const uint8_t *written;
  const uint8_t *tallies;
  const uint8_t *bad;
} lists;

/* Finds a list of n items.  Returns false if the record is too short. */
static bool
find_list (const uint8_t **at, size_t *left, uint64_t n, size_t item, const uint8_t **list)
{
  if (n > *left / item)
    return false;
  *list = *at;
  *at += n * item;
  *left -= (size_t) n * item;
  return true;
}

/* Returns whether all ranges are possible. */
static bool
are_ranges (const uint8_t *list, uint64_t n, uint32_t least, uint32_t most)
{
  fci_crc_range r;
  for (uint64_t i = 0; i < n; i++)
    {
      memcpy (&r, list + i * sizeof r, sizeof r);
      if (r.start > r.end || r.of < least || r.of > most)
        return false;
    }
  return true;
}

/* Returns whether the numbers, at the start of each item, are less than `end`. */
static bool
are_numbers (const uint8_t *list, uint64_t n, size_t item, uint64_t end)
{
  uint64_t number;
  for (uint64_t i = 0; i < n; i++)
    {
      memcpy (&number, list + i * item, sizeof number);
      if (number >= end)
        return false;
    }
  return true;
}

/* Reads a record.  Returns false if it cannot be one of this plan. */
static bool
read_note (const fci_plan *plan, const fci_map_record *record, lists *l)
{
  if (record->n < sizeof l->head)
    return false;
  memcpy (&l->head, record->bytes, sizeof l->head);
  const uint8_t *at = record->bytes + sizeof l->head;
  size_t left = record->n - sizeof l->head;
  return find_list (&at, &left, l->head.n_read, sizeof (fci_crc_range), &l->read)
         && find_list (&at, &left, l->head.n_written, sizeof (fci_crc_range), &l->written)
         && find_list (&at, &left, l->head.n_tallies, sizeof (noted_tally), &l->tallies)
         && find_list (&at, &left, l->head.n_bad, sizeof (noted_rows), &l->bad) && left == 0
         && are_ranges (l->read, l->head.n_read, 0, UINT32_MAX)
         && are_ranges (l->written, l->head.n_written, 1, plan->n_wanted)
         && are_numbers (l->tallies, l->head.n_tallies, sizeof (noted_tally), plan->n_tallies)
         && are_numbers (l->bad, l->head.n_bad, sizeof (noted_rows), plan->n_encoders);
}

static bool
take_ranges (fci_pool *pool, fci_crc_ranges *to, const uint8_t *list, uint64_t n)
{
  fci_crc_range r;
  for (uint64_t i = 0; i < n; i++)
    {
      memcpy (&r, list + i * sizeof r, sizeof r);
      if (fci_crc_range_add (&pool->workers[0], to, r) != 0)
        {
          fci_nomem (pool->ctx);
          return false;
        }
    }
  return true;
}

static void
take_numbers (fci_pool *pool, const lists *l)
{
  noted_tally t;
  noted_rows b;
  for (uint64_t i = 0; i < l->head.n_tallies; i++)
    {
      memcpy (&t, l->tallies + i * sizeof t, sizeof t);
      fci_note_add_tally (&pool->tallies[t.number], &t.tally);
    }
  for (uint64_t i = 0; i < l->head.n_bad; i++)
    {
      memcpy (&b, l->bad + i * sizeof b, sizeof b);
      fci_note_add_rows (&pool->bad_rows[b.number], &b.rows);
    }
  pool->workers[0].fetched += l->head.fetched;
  atomic_fetch_add (&pool->done, l->head.size);
}

/* Takes over what a unit counted.  Returns false if an error was recorded. */
static bool
take_note (fci_pool *pool, const lists *l)
{
  if (!take_ranges (pool, &pool->workers[0].read, l->read, l->head.n_read)
      || !take_ranges (pool, &pool->workers[0].written, l->written, l->head.n_written))
    return false;
  take_numbers (pool, l);
  return true;
}

/* Takes over a unit, if the plan has it: with another number of threads, it may be cut elsewhere. */
static void
take_unit (void *arg, const fci_map_record *record)
{
  taking *t = arg;
  fci_pool *pool = t->pool;
  lists l;
  uintptr_t unit;
  if (!record->counts || fmtconv_ctx_failed (pool->ctx) || !read_note (pool->plan, record, &l))
    return;
  const key k = { .file = l.head.file, .at = l.head.at, .size = l.head.size };
  if (fci_map_get (t->units, &k, sizeof k, &unit) && !pool->finished[unit] && take_note (pool, &l))
    pool->finished[unit] = 1;
}

/* Notes whether a unit that counts is not of the plan, or is there twice. */
static void
find_stranger (void *arg, const fci_map_record *record)
{
  taking *t = arg;
  lists l;
  uintptr_t unit;
  if (!record->counts || t->has_stranger)
    return;
  const bool good = read_note (t->pool->plan, record, &l);
  const key k = { .file = l.head.file, .at = l.head.at, .size = l.head.size };
  t->has_stranger = !good || !fci_map_get (t->units, &k, sizeof k, &unit) || t->pool->finished[unit];
  if (!t->has_stranger)
    t->pool->finished[unit] = 1;
}

/* Returns whether all units that count are of the plan. */
static bool
has_only_own (taking *t)
{
  fci_map_each (t->pool->map, find_stranger, t);
  memset (t->pool->finished, 0, t->pool->plan->units.n * sizeof *t->pool->finished);
  return !t->has_stranger;
}

static void
gather_unit (void *arg, const fci_map_record *record)
{
  gathering *g = arg;
  lists l;
  if (!record->counts || fmtconv_ctx_failed (g->pool->ctx))
    return;
  if (!read_note (g->pool->plan, record, &l))
    {
      fmtconv_fail (g->pool->ctx, FMTCONV_E_FORMAT, "the list of what a share wrote has an impossible entry");
      return;
    }
  key *k = fci_list_add (g->pool->ctx, g->places, sizeof *k);
  if (!k)
    return;
  *k = (key){ .file = l.head.file, .at = l.head.at, .size = l.head.size };
  take_note (g->pool, &l);
}

int
fci_note_gather (fci_pool *pool, const fci_work_map *map, fci_list *places)
{
  gathering g = { .pool = pool, .places = places };
  fci_map_each (map, gather_unit, &g);
  return fmtconv_ctx_failed (pool->ctx);
}

static int
by_place (const void *a, const void *b)
{
  const key *x = a, *y = b;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

int
fci_note_covers (const fci_pool *pool, fci_list *places)
{
  const fci_plan *plan = pool->plan;
  const key *k = places->items;
  size_t i = 0;
  if (places->n)
    qsort (places->items, places->n, sizeof *k, by_place);
  for (uint32_t file = 0; file < plan->files.n; file++)
    {
      uint64_t end = 0;
      for (; i < places->n && k[i].file == file && k[i].at == end; i++)
        end += k[i].size;
      if (end != FCI_FILES (plan)[file].file->size)
        return fci_fail_file (pool->ctx, FMTCONV_E_OUTPUT, FCI_FILES (plan)[file].file->name,
                              &(fmtconv_where){ .hint = "run all shares again" },
                              "the shares did not write byte %" PRIu64 ", or wrote it twice", end);
    }
  return 0;
}

/* Takes over all units.  Returns 0 or a code. */
static int
take_all (fci_pool *pool)
{
  const fci_plan *plan = pool->plan;
  taking t = { .pool = pool, .units = fci_map_new (pool->ctx) };
  key *keys = fmtconv_ctx_alloc (pool->ctx, plan->units.n, sizeof *keys);
  pool->finished = fmtconv_ctx_alloc (pool->ctx, plan->units.n, sizeof *pool->finished);
  for (size_t i = 0; t.units && keys && pool->finished && i < plan->units.n; i++)
    {
      const fci_unit *u = &FCI_UNITS (plan)[i];
      keys[i] = (key){ .file = u->file, .at = u->at, .size = u->size };
      if (!fci_map_add (t.units, &keys[i], sizeof keys[i], i, NULL))
        break;
    }
  if (fmtconv_ctx_failed (pool->ctx))
    return fmtconv_ctx_failed (pool->ctx);
  if (!plan->dealing.shares || has_only_own (&t))
    fci_map_each (pool->map, take_unit, &t);
  else if (!fci_map_forget (pool->map))
    pool->map->error = errno;
  return fmtconv_ctx_failed (pool->ctx);
}

/* Gives a worker its own numbers.  Returns false if there is no memory. */
static bool
prepare (fci_worker *w)
{
  const fci_plan *plan = w->pool->plan;
  w->tallies = calloc (plan->n_tallies + 1, sizeof *w->tallies);
  w->bad_rows = malloc ((plan->n_encoders + 1) * sizeof *w->bad_rows);
  for (size_t i = 0; w->bad_rows && i <= plan->n_encoders; i++)
    w->bad_rows[i] = (fci_bad_rows){ .nan = UINT64_MAX, .inf = UINT64_MAX };
  return w->tallies && w->bad_rows;
}

int
fci_note_begin (fci_pool *pool)
{
  int code = pool->map->bytes ? take_all (pool) : 0;
  for (unsigned i = 0; i < pool->n_workers && code == 0; i++)
    {
      fci_worker *w = &pool->workers[i];
      if (!prepare (w))
        {
          fci_nomem (pool->ctx);
          return FMTCONV_E_NOMEM;
        }
      w->mark = (fci_mark){ .read = w->read.n, .written = w->written.n, .fetched = w->fetched };
    }
  return code;
}

size_t
fci_note_finished (const fci_pool *pool)
{
  size_t n = 0;
  for (size_t i = 0; pool->finished && i < pool->plan->units.n; i++)
    n += pool->finished[i];
  return n;
}
