/* core/exec/check/slerp.c: measures the weights of spherical interpolations, before the output is written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each block of FCI_DOT_BLOCK elements is summed by one worker, and the sums of the blocks are added in
 * order, so that the result does not depend on the number of threads or on the memory limit. */
#include "config.h"

#include "core/base/order.h"
#include "core/base/size.h"
#include "core/exec/check/finite.h"
#include "core/exec/check/slerp.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/worker/pool.h"
#include "core/kernel/slerp.h"
#include <math.h>
#include <stdlib.h>

/* Elements of a pair of views that one worker sums. */
typedef struct block
{
  const fci_measured *measured;
  fci_dot_sums *sums;
  uint64_t first;
  uint64_t count;
} block;

/* Adds elements `first` … `first + n - 1`. */
static int
add_elements (fci_worker *worker, const fci_measured *measured, uint64_t first, size_t n, fci_dot *dot)
{
  const size_t size = n * sizeof (float);
  const fci_rows *const rows[] = { measured->rows, measured->other };
  uint8_t *const at[] = { worker->out, worker->out + size };
  for (unsigned i = 0; i < 2; i++)
    {
      if (fci_fetch (worker, rows[i], NULL, first * sizeof (float), size, at[i]) != 0)
        return -1;
      fci_file_order (at[i], n, sizeof (float));
    }
  const float *a = (const float *) (const void *) at[0], *b = (const float *) (const void *) at[1];
  fci_dot_add (dot, a, b, n);
  const fci_dot_sums so_far = fci_dot_total (dot);
  if (isfinite (so_far.aa) && isfinite (so_far.bb))
    return 0;
  const bool in_first = !isfinite (so_far.aa);
  return fci_fault_at_value (worker, rows[!in_first], in_first ? a : b, n, first);
}

static int
sum_block (fci_worker *worker, size_t n)
{
  const block *b = (const block *) worker->pool->job_arg + n;
  const size_t most = worker->capacity / 2 / sizeof (float) / FCI_DOT_LANES * FCI_DOT_LANES;
  fci_dot dot = { { 0 }, { 0 }, { 0 } };
  for (uint64_t done = 0, count; done < b->count; done += count)
    {
      count = most < b->count - done ? most : b->count - done;
      if (add_elements (worker, b->measured, b->first + done, (size_t) count, &dot) != 0)
        return -1;
    }
  *b->sums = fci_dot_total (&dot);
  atomic_fetch_add_explicit (&worker->pool->done, 2 * b->count * sizeof (float), memory_order_relaxed);
  return 0;
}

static bool
is_slerp (const fci_measured *measured)
{
  return measured->requirement->measure->kind == FCI_MEASURE_SLERP;
}

static uint64_t
elements_of (const fci_measured *measured)
{
  return is_slerp (measured) ? measured->rows->view->elements : 0;
}

/* Returns the number of blocks of all pairs. */
static uint64_t
count_blocks (const fci_plan *plan)
{
  uint64_t n = 0;
  for (size_t i = 0; i < plan->measured.n; i++)
    n += (elements_of (&FCI_MEASURED (plan)[i]) + FCI_DOT_BLOCK - 1) / FCI_DOT_BLOCK;
  return n;
}

/* Adds the blocks of all pairs, with their sums one after the other at `sums`. */
static bool
add_blocks (fci_pool *pool, fci_list *blocks, fci_dot_sums *sums)
{
  for (size_t i = 0; i < pool->plan->measured.n; i++)
    {
      const fci_measured *measured = &FCI_MEASURED (pool->plan)[i];
      const uint64_t end = elements_of (measured);
      for (uint64_t at = 0; at < end; at += FCI_DOT_BLOCK)
        {
          block *next = fci_list_add (pool->ctx, blocks, sizeof *next);
          if (!next)
            return false;
          *next = (block){ .measured = measured,
                           .sums = sums++,
                           .first = at,
                           .count = end - at < FCI_DOT_BLOCK ? end - at : FCI_DOT_BLOCK };
        }
    }
  return true;
}

/* Adds the sums of each pair in order, and sets its weights at `weights`. */
static void
finish (const fci_plan *plan, const fci_dot_sums *sums, float *weights)
{
  for (size_t i = 0; i < plan->measured.n; i++)
    {
      const fci_measured *measured = &FCI_MEASURED (plan)[i];
      const fci_measure *measure = measured->requirement->measure;
      fci_dot_sums all = { 0, 0, 0 };
      if (!is_slerp (measured))
        continue;
      for (uint64_t at = 0; at < elements_of (measured); at += FCI_DOT_BLOCK, sums++)
        {
          all.aa += sums->aa;
          all.ab += sums->ab;
          all.bb += sums->bb;
        }
      fci_slerp_weights (&all, measure->fraction, weights);
      fci_file_order_floats (weights, 2);
      measure->source->memory = (const uint8_t *) weights;
      weights += 2;
    }
}

int
fci_measure_slerp (fci_pool *pool)
{
  const fci_plan *plan = pool->plan;
  fci_list blocks = { 0 };
  const uint64_t n = count_blocks (plan);
  if (n == 0)
    return 0;
  fci_dot_sums *sums = fmtconv_ctx_alloc (pool->ctx, fci_size_memory (n), sizeof *sums);
  float *weights = fmtconv_ctx_alloc (pool->ctx, 2 * plan->measured.n, sizeof *weights);
  if (sums && weights && add_blocks (pool, &blocks, sums)
      && fci_pool_run (pool, sum_block, blocks.items, blocks.n) == 0)
    finish (plan, sums, weights);
  free (blocks.items);
  return fmtconv_ctx_failed (pool->ctx);
}
