/* core/exec/check/hold.c: computes norms of rows, and values that are held.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row is summed by one worker in the order of its elements, so that threads and memory do not show in the result.
 * Results that depend on others come after them, level by level. */
#include "config.h"

#include "core/base/order.h"
#include "core/base/size.h"
#include "core/exec/check/finite.h"
#include "core/exec/check/hold.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/worker/pool.h"
#include "core/kernel/absmax.h"
#include "core/plan/range.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a view in f32, of whole rows for norms, that one worker processes. */
typedef struct range
{
  const fci_measured *measured;
  float *results; /* of the whole view, in the order of files */
  uint64_t at;
  uint64_t end;
} range;

static bool
is_norm (const fci_measured *measured)
{
  return measured->requirement->measure->kind == FCI_MEASURE_NORM;
}

static bool
is_held (const fci_measured *measured)
{
  return measured->requirement->measure->kind >= FCI_MEASURE_NORM;
}

/* Returns the bytes of a row: what the first axis counts. */
static uint64_t
row_bytes (const fci_measured *measured)
{
  const fmtconv_view *view = measured->rows->view;
  return view->elements / (view->rank && view->shape[0] ? view->shape[0] : 1) * sizeof (float);
}

/* Adds the squares of n values; after the last of a row, stores its norm. */
static void
add_squares (const range *r, const float *values, size_t n, uint64_t at, double *sum)
{
  const uint64_t row = row_bytes (r->measured) / sizeof *values;
  for (size_t i = 0; i < n; i++)
    *sum += (double) values[i] * (double) values[i];
  if ((at / sizeof *values + n) % row != 0)
    return;
  float *norm = &r->results[at / sizeof *values / row];
  *norm = (float) sqrt (*sum);
  fci_file_order_floats (norm, 1);
  *sum = 0;
}

static int
measure_range (fci_worker *worker, size_t n)
{
  const range *r = (const range *) worker->pool->job_arg + n;
  const fci_rows *rows = r->measured->rows;
  float *values = (float *) (void *) worker->out;
  const uint64_t row = is_norm (r->measured) ? row_bytes (r->measured) : UINT64_MAX;
  double sum = 0;
  for (uint64_t at = r->at, bytes; at < r->end; at += bytes)
    {
      bytes = fci_rows_cut (rows, at, worker->capacity);
      bytes = bytes < r->end - at ? bytes : r->end - at;
      bytes = bytes < row - at % row ? bytes : row - at % row;
      if (fci_fetch (worker, rows, NULL, at, bytes, worker->out) != 0)
        return -1;
      const size_t count = (size_t) (bytes / sizeof *values);
      fci_file_order_floats (values, count);
      if (fci_absmax (values, count) >= FCI_INF_BITS)
        return fci_fault_at_value (worker, rows, values, count, at / sizeof *values);
      if (is_norm (r->measured))
        add_squares (r, values, count, at, &sum);
      else
        {
          memcpy (r->results + at / sizeof *values, values, bytes);
          fci_file_order_floats (r->results + at / sizeof *values, count);
        }
    }
  atomic_fetch_add_explicit (&worker->pool->done, r->end - r->at, memory_order_relaxed);
  return 0;
}

/* Cuts a view into ranges that fit a buffer, or into rows. */
static bool
add_ranges (fci_pool *pool, fci_list *ranges, const fci_measured *measured, float *results)
{
  const uint64_t end = fci_view_bytes (measured->rows->view), capacity = pool->workers[0].capacity;
  const uint64_t row = row_bytes (measured);
  for (uint64_t at = 0, n; at < end; at += n)
    {
      n = !is_norm (measured) ? fci_rows_cut (measured->rows, at, capacity)
          : capacity > row    ? capacity / row * row
                              : row;
      n = n < end - at ? n : end - at;
      range *next = fci_list_add (pool->ctx, ranges, sizeof *next);
      if (!next)
        return false;
      *next = (range){ .measured = measured, .results = results, .at = at, .end = at + n };
    }
  return true;
}

/* Adds the ranges of a level, and memory for their results.  Returns the last level; -1: an error was recorded. */
static int
add_level (fci_pool *pool, fci_list *ranges, unsigned level)
{
  unsigned last = 0;
  for (size_t i = 0; i < pool->plan->measured.n; i++)
    {
      const fci_measured *measured = &FCI_MEASURED (pool->plan)[i];
      const fci_measure *measure = measured->requirement->measure;
      if (!is_held (measured))
        continue;
      last = measure->level > last ? measure->level : last;
      if (measure->level != level)
        continue;
      float *results = fmtconv_ctx_alloc (pool->ctx, fci_size_memory (measure->source->size), 1);
      if (!results || !add_ranges (pool, ranges, measured, results))
        return -1;
      measure->source->memory = (const uint8_t *) results;
    }
  return (int) last;
}

int
fci_measure_held (fci_pool *pool)
{
  int last = 0;
  for (int level = 0; level <= last && !fmtconv_ctx_failed (pool->ctx); level++)
    {
      fci_list ranges = { 0 };
      last = add_level (pool, &ranges, (unsigned) level);
      if (last >= 0 && ranges.n)
        fci_pool_run (pool, measure_range, ranges.items, ranges.n);
      free (ranges.items);
    }
  return fmtconv_ctx_failed (pool->ctx);
}
