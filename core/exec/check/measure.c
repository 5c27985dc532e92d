/* core/exec/check/measure.c: performs the measurements of a plan, and those of largest absolute values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Views are evaluated range by range on all workers.  Results are joined by a maximum, which does not
 * depend on the order; a fault is that of the first invalid value, as ranges begin in order. */
#include "config.h"

#include "core/base/order.h"
#include "core/base/size.h"
#include "core/exec/check/finite.h"
#include "core/exec/check/hold.h"
#include "core/exec/check/measure.h"
#include "core/exec/check/slerp.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/worker/pool.h"
#include "core/kernel/absmax.h"
#include "core/plan/range.h"
#include "core/view/absmax.h"
#include "core/view/inspect.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

/* Elements of a view that one worker measures. */
typedef struct range
{
  const fci_measured *measured;
  uint32_t *largest; /* one per block: bits of a magnitude */
  uint64_t first;
  uint64_t count;
} range;

/* The block of an element, and the number of contiguous elements from it in that block. */
typedef struct stretch
{
  uint64_t block;
  uint64_t count;
} stretch;

/* Returns the stretch of an element.  Axes after the last axis with several blocks are in one stretch. */
static stretch
stretch_at (const fci_requirement *requirement, uint64_t element)
{
  fmtconv_view *view = requirement->wanted;
  const uint64_t *block = requirement->measure->block;
  unsigned axis = view->rank;
  uint64_t inner = 1, step = 1;
  stretch s = { .count = 1 };
  if (view->rank == 0)
    return s;
  while (--axis > 0 && block[axis] >= view->shape[axis])
    inner *= view->shape[axis];
  const uint64_t index = element / inner % view->shape[axis], end = index / block[axis] + 1;
  const uint64_t left = view->shape[axis] - index;
  const uint64_t whole = end > UINT64_MAX / block[axis] ? left : end * block[axis] - index;
  s.count = (whole < left ? whole : left) * inner - element % inner;
  element /= inner;
  for (unsigned i = axis + 1; i-- > 0; element /= view->shape[i])
    {
      s.block += element % view->shape[i] / block[i] * step;
      step *= fci_absmax_extent (requirement, i);
    }
  return s;
}

static void
raise_to (uint32_t *number, uint32_t to)
{
  uint32_t now = __atomic_load_n (number, __ATOMIC_RELAXED);
  while (to > now
         && !__atomic_compare_exchange_n (number, &now, to, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

static int
measure_range (fci_worker *worker, size_t n)
{
  const range *r = (const range *) worker->pool->job_arg + n;
  const fci_rows *rows = r->measured->rows;
  float *values = (float *) (void *) worker->out;
  if (fci_fetch (worker, rows, NULL, r->first * sizeof *values, r->count * sizeof *values, worker->out) != 0)
    return -1;
  fci_file_order_floats (values, (size_t) r->count);
  for (uint64_t done = 0, count; done < r->count; done += count)
    {
      const stretch s = stretch_at (r->measured->requirement, r->first + done);
      count = s.count < r->count - done ? s.count : r->count - done;
      const uint32_t found = fci_absmax (values + done, (size_t) count);
      if (found >= FCI_INF_BITS)
        return fci_fault_at_value (worker, rows, values + done, (size_t) count, r->first + done);
      raise_to (&r->largest[s.block], found);
    }
  atomic_fetch_add_explicit (&worker->pool->done, r->count * sizeof *values, memory_order_relaxed);
  return 0;
}

/* Cuts a view into ranges that fit a buffer. */
static bool
add_ranges (fci_pool *pool, fci_list *ranges, const fci_measured *measured, uint32_t *largest)
{
  const uint64_t end = fci_view_bytes (measured->rows->view);
  for (uint64_t at = 0, n; at < end; at += n)
    {
      n = fci_rows_cut (measured->rows, at, pool->workers[0].capacity);
      n = n < end - at ? n : end - at;
      range *next = fci_list_add (pool->ctx, ranges, sizeof *next);
      if (!next)
        return false;
      *next = (range){
        .measured = measured, .largest = largest, .first = at / sizeof (float), .count = n / sizeof (float)
      };
    }
  return true;
}

/* Returns the f32 bits of the scale that maps magnitudes up to `largest` (f32 bits) to at most `divisor`,
 * rounded to f32 as torch divides.  Zeros have scale 1, as in transformers (integrations/finegrained_fp8.py);
 * compressed-tensors (quantization/utils/helpers.py) uses a small number: any works.  A subnormal scale has
 * too few bits to keep quotients within the divisor, and is 0 on systems that flush subnormals: the smallest
 * normal number suffices for such blocks. */
static uint32_t
scale_bits (uint32_t largest, float divisor)
{
  float scale;
  memcpy (&scale, &largest, sizeof scale);
  scale /= divisor;
  scale = largest == 0 ? 1 : scale < FLT_MIN ? FLT_MIN : scale;
  memcpy (&largest, &scale, sizeof largest);
  return largest;
}

/* Converts magnitudes to scales in place; bits of magnitudes are f32 values. */
static void
finish (const fci_measured *measured, uint32_t *largest)
{
  const fci_measure *measure = measured->requirement->measure;
  const uint64_t n = fci_absmax_blocks (measured->requirement);
  for (uint64_t i = 0; measure->divisor > 0 && i < n; i++)
    largest[i] = scale_bits (largest[i], measure->divisor);
  fci_file_order (largest, (size_t) n, sizeof *largest);
  measure->source->memory = (const uint8_t *) largest;
}

uint64_t
fci_measured_bytes (const fci_plan *plan)
{
  uint64_t bytes = 0;
  for (size_t i = 0; i < plan->measured.n; i++)
    {
      const fci_measured *measured = &FCI_MEASURED (plan)[i];
      bytes += (measured->other ? 2 : 1) * fci_view_bytes (measured->rows->view);
    }
  return bytes;
}

static bool
is_absmax (const fci_measured *measured)
{
  return measured->requirement->measure->kind == FCI_MEASURE_ABSMAX;
}

/* Adds the ranges of all views, with their numbers one after the other at `largest`. */
static bool
add_all (fci_pool *pool, fci_list *ranges, uint32_t *largest)
{
  for (size_t i = 0; i < pool->plan->measured.n; i++)
    {
      const fci_measured *measured = &FCI_MEASURED (pool->plan)[i];
      if (!is_absmax (measured))
        continue;
      if (!add_ranges (pool, ranges, measured, largest))
        return false;
      largest += fci_absmax_blocks (measured->requirement);
    }
  return true;
}

static void
finish_all (const fci_plan *plan, uint32_t *largest)
{
  for (size_t i = 0; i < plan->measured.n; i++)
    if (is_absmax (&FCI_MEASURED (plan)[i]))
      {
        finish (&FCI_MEASURED (plan)[i], largest);
        largest += fci_absmax_blocks (FCI_MEASURED (plan)[i].requirement);
      }
}

/* Returns the number of blocks of all views. */
static uint64_t
count_all (const fci_plan *plan)
{
  uint64_t n = 0;
  for (size_t i = 0; i < plan->measured.n; i++)
    n += is_absmax (&FCI_MEASURED (plan)[i]) ? fci_absmax_blocks (FCI_MEASURED (plan)[i].requirement) : 0;
  return n;
}

static int
measure_absmax (fci_pool *pool)
{
  fci_list ranges = { 0 };
  const uint64_t n = count_all (pool->plan);
  uint32_t *largest = n ? fmtconv_ctx_alloc (pool->ctx, fci_size_memory (n), sizeof *largest) : NULL;
  if (largest && add_all (pool, &ranges, largest)
      && fci_pool_run (pool, measure_range, ranges.items, ranges.n) == 0)
    finish_all (pool->plan, largest);
  free (ranges.items);
  return fmtconv_ctx_failed (pool->ctx);
}

int
fci_measure_all (fci_pool *pool)
{
  const bool want_crc = pool->want_crc;
  if (pool->plan->measured.n == 0)
    return 0;
  pool->want_crc = false;             /* only reads for the output record checksums */
  int code = fci_measure_held (pool); /* first: the others may depend on them */
  if (code == 0)
    code = measure_absmax (pool);
  if (code == 0)
    code = fci_measure_slerp (pool);
  pool->want_crc = want_crc;
  return code;
}
