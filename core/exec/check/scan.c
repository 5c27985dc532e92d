/* core/exec/check/scan.c: evaluates tensors block by block on all workers for statistics and differences.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/check/measure.h"
#include "core/exec/check/scan.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/worker/io.h"
#include "core/exec/worker/pool.h"
#include "core/exec/worker/worker.h"
#include "core/kernel/quant.h"
#include "core/plan/cut.h"
#include "core/plan/program.h"
#include "core/plan/require.h"
#include <stdlib.h>
#include <string.h>

enum
{
  BLOCK = 256 << 10, /* values that a worker takes at once … */
  PIECE = 16 << 10,  /* … in pieces of a fixed size, so that sums do not depend on the memory */
  BUFFERS = 4
};

static bool
is_complex (uint32_t dtype)
{
  return dtype == FMTCONV_C32 || dtype == FMTCONV_C64 || dtype == FMTCONV_C128;
}

bool
fci_scan_can_compare (uint32_t dtype)
{
  return !fci_is_blocks (dtype) || fci_quant_can_decode (dtype);
}

bool
fci_scan_can (uint32_t dtype)
{
  return !is_complex (dtype) && fci_scan_can_compare (dtype);
}

/* Values of one or two tensors, and their results. */
typedef struct block
{
  const fci_rows *a;
  const fci_rows *b; /* NULL: none */
  uint64_t first;
  uint64_t count;
  fci_scan *scan;
  fci_sums sums;
  fci_gap gap;
} block;

typedef struct scanner
{
  fci_pool pool;
  fci_plan plan; /* has programs and the size of the scratch */
  fci_list blocks;
} scanner;

/* Returns whether the values or their parts need doubles. */
static bool
is_wide (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F64:
    case FMTCONV_I32:
    case FMTCONV_U32:
    case FMTCONV_I64:
    case FMTCONV_U64:
    case FMTCONV_C128:
      return true;
    default:
      return false;
    }
}

static bool
is_unsigned (uint32_t dtype)
{
  return dtype == FMTCONV_BOOL || dtype == FMTCONV_U8 || dtype == FMTCONV_U16 || dtype == FMTCONV_U32
         || dtype == FMTCONV_U64;
}

/* Returns whether the data type is an integer type that fits i64. */
static bool
is_signed (uint32_t dtype)
{
  return dtype == FMTCONV_I8 || dtype == FMTCONV_I16 || dtype == FMTCONV_I32 || dtype == FMTCONV_I64
         || (is_unsigned (dtype) && dtype != FMTCONV_U64);
}

/* Returns the 64-bit type that represents all integers of two types; 0: none, or doubles suffice. */
static uint32_t
whole_type (uint32_t a, uint32_t b)
{
  if (a != FMTCONV_I64 && a != FMTCONV_U64 && b != FMTCONV_I64 && b != FMTCONV_U64)
    return 0;
  if (is_unsigned (a) && is_unsigned (b))
    return FMTCONV_U64;
  return is_signed (a) && is_signed (b) ? FMTCONV_I64 : 0;
}

/* Returns the type for comparing two views.  All values fit, except integers beyond 2^53 that are compared
 * with other types. */
static uint32_t
common_type (fmtconv_view *a, fmtconv_view *b)
{
  const uint32_t other = b ? b->dtype : a->dtype;
  if (b && whole_type (a->dtype, other))
    return whole_type (a->dtype, other);
  const bool wide = is_wide (a->dtype) || is_wide (other);
  if (is_complex (a->dtype) || is_complex (other))
    return wide ? FMTCONV_C128 : FMTCONV_C64;
  return wide ? FMTCONV_F64 : FMTCONV_F32;
}

/* Returns the number of real numbers per element. */
static size_t
parts_of (const block *k)
{
  return is_complex (k->a->view->dtype) ? 2 : 1;
}

/* Adds n values or parts of values from `first`, in the worker's buffers, to the results. */
static void
inspect_value (block *k, const fci_worker *worker, uint64_t first, size_t n)
{
  void *const a = worker->out, *const b = worker->other;
  const size_t size = fci_element_bytes (k->a->view->dtype) / parts_of (k);
  fci_file_order (a, n, size);
  if (k->b)
    fci_file_order (b, n, size);
  if (k->b && k->a->view->dtype == FMTCONV_I64)
    fci_gap_i64 (&k->gap, a, b, n, first);
  else if (k->b && k->a->view->dtype == FMTCONV_U64)
    fci_gap_u64 (&k->gap, a, b, n, first);
  else if (k->b && size == sizeof (float))
    fci_gap_f32 (&k->gap, a, b, n, first);
  else if (k->b)
    fci_gap_f64 (&k->gap, a, b, n, first);
  else if (size == sizeof (float))
    fci_sums_f32 (&k->sums, a, n);
  else
    fci_sums_f64 (&k->sums, a, n);
}

static int
inspect (fci_worker *worker, size_t n)
{
  block *k = (block *) worker->pool->job_arg + n;
  const uint64_t item = fci_element_bytes (k->a->view->dtype), end = k->first + k->count,
                 parts = parts_of (k);
  for (uint64_t first = k->first, count; first < end; first += count)
    {
      count = end - first < PIECE / parts ? end - first : PIECE / parts;
      if (fci_fetch (worker, k->a, NULL, first * item, count * item, worker->out) != 0
          || (k->b && fci_fetch (worker, k->b, NULL, first * item, count * item, worker->other) != 0))
        return -1;
      inspect_value (k, worker, first * parts, (size_t) (count * parts));
    }
  atomic_fetch_add_explicit (&worker->pool->done, k->count, memory_order_relaxed);
  return 0;
}

/* Returns a view of the output's values in another type. */
static fmtconv_view *
written_as (fmtconv_view *view, uint32_t dtype)
{
  return fmtconv_view_cast (fmtconv_view_cast (view, view->dtype), dtype);
}

static bool
add_scan (scanner *s, fci_scan *scan)
{
  const uint32_t dtype = common_type (scan->a, scan->b);
  const fci_rows *a = NULL, *b = NULL;
  if (!fci_plan_measure (&s->plan, scan->name, scan->a)
      || (scan->b && !fci_plan_measure (&s->plan, scan->name, scan->b)))
    return false;
  fmtconv_view *as_a = written_as (scan->a, dtype), *as_b = scan->b ? written_as (scan->b, dtype) : NULL;
  if (!as_a || (scan->b && !as_b) || !(a = fci_rows_of (&s->plan, scan->name, as_a))
      || (as_b && !(b = fci_rows_of (&s->plan, scan->name, as_b))))
    return false;
  for (uint64_t at = 0; at < as_a->elements; at += BLOCK)
    {
      block *next = fci_list_add (s->plan.ctx, &s->blocks, sizeof *next);
      if (!next)
        return false;
      const uint64_t left = as_a->elements - at;
      *next = (block){ .a = a, .b = b, .first = at, .count = left < BLOCK ? left : BLOCK, .scan = scan };
    }
  s->pool.total += as_a->elements;
  return true;
}

/* Opens the workers.  A buffer has the size of a piece of doubles; the remaining memory allows more threads.
 * */
static int
open_workers (scanner *s, fmtconv_ctx *ctx)
{
  s->plan.buffers = BUFFERS - 1; /* the same scratch gives one more for the second tensor */
  s->plan.unit_capacity =
      (PIECE * sizeof (double) * BUFFERS / (BUFFERS - 1) / FCI_SCRATCH_ALIGN + 1) * FCI_SCRATCH_ALIGN;
  if (fci_plan_workers (&s->plan, s->plan.unit_capacity) != 0)
    return fmtconv_ctx_failed (ctx);
  s->pool.ctx = ctx;
  s->pool.plan = &s->plan;
  s->pool.io = &fci_io_system;
  s->pool.total += fci_measured_bytes (&s->plan);
  if (fci_pool_open (&s->pool) != 0)
    return fmtconv_ctx_failed (ctx);
  fci_pool_share_scratch (&s->pool, true);
  return fci_measure_all (&s->pool);
}

static void
collect (const scanner *s)
{
  const block *k = s->blocks.items;
  for (size_t i = 0; i < s->blocks.n; i++)
    {
      fci_sums_join (&k[i].scan->sums, &k[i].sums);
      fci_gap_join (&k[i].scan->gap, &k[i].gap);
    }
}

int
fci_scan_all (fmtconv_ctx *ctx, fci_scan *scans, size_t n)
{
  scanner s = { .plan = { .ctx = ctx, .programs = fci_map_new (ctx), .required = fci_map_new (ctx) } };
  bool good = s.plan.programs != NULL && s.plan.required != NULL;
  for (size_t i = 0; good && i < n; i++)
    good = add_scan (&s, &scans[i]);
  if (good && open_workers (&s, ctx) == 0 && fci_pool_run (&s.pool, inspect, s.blocks.items, s.blocks.n) == 0)
    collect (&s);
  fci_pool_close (&s.pool);
  free (s.blocks.items);
  free (s.plan.measured.items);
  return fmtconv_ctx_failed (ctx);
}
