/* core/exec/check/compare.c: compares views element by element, for equal inputs and for --verify.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/check/compare.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/worker/pool.h"
#include "core/plan/range.h"
#include "core/view/inspect.h"
#include <stdlib.h>
#include <string.h>

/* Bytes of a tensor that one worker compares. */
typedef struct block
{
  const fci_rows *wanted;
  const fci_rows *found;
  const char *why; /* what is wrong if they differ; NULL: two inputs contradict each other */
  uint64_t at;
  uint64_t size;
} block;

static int
compare_block (fci_worker *worker, size_t n)
{
  const fci_comparison *comparison = worker->pool->job_arg;
  const block *b = (const block *) comparison->blocks.items + n;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (b->wanted->view->dtype);
  size_t bytes = (size_t) b->size, at = 0;
  if (fci_fetch (worker, b->wanted, NULL, b->at, bytes, worker->out) != 0
      || fci_fetch (worker, b->found, NULL, b->at, bytes, worker->other) != 0)
    return -1;
  atomic_fetch_add_explicit (&worker->pool->done, bytes, memory_order_relaxed);
  if (memcmp (worker->out, worker->other, bytes) == 0)
    return 0;
  while (worker->out[at] == worker->other[at])
    at++;
  worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT,
                               .tensor = b->wanted->name,
                               .view = b->wanted->view,
                               .other = comparison->required ? b->found->view : NULL,
                               .what = b->why,
                               .element = (b->at + at) / info->block_bytes * info->block };
  return -1;
}

int
fci_comparison_add (fmtconv_ctx *ctx, fci_comparison *comparison, const fci_rows *wanted,
                    const fci_rows *found, const char *why)
{
  uint64_t end = fci_view_bytes (wanted->view);
  for (uint64_t at = 0, n; at < end; at += n)
    {
      n = fci_rows_cut (wanted, at, comparison->capacity);
      n = n < end - at ? n : end - at;
      block *next = fci_list_add (ctx, &comparison->blocks, sizeof *next);
      if (!next)
        return fmtconv_ctx_failed (ctx);
      *next = (block){ .wanted = wanted, .found = found, .why = why, .at = at, .size = n };
    }
  return 0;
}

int
fci_comparison_run (fci_pool *pool, fci_comparison *comparison)
{
  return fci_pool_run (pool, compare_block, comparison, comparison->blocks.n);
}

int
fci_check_required (fci_pool *pool, fci_outcome *outcome)
{
  const fci_plan *plan = pool->plan;
  fci_comparison comparison = { .required = true };
  int code = 0;
  if (plan->pairs.n == 0)
    return 0;
  fci_pool_share_scratch (pool, true);
  comparison.capacity = pool->workers[0].capacity;
  for (size_t i = 0; i < plan->pairs.n && code == 0; i++)
    code = fci_comparison_add (pool->ctx, &comparison, FCI_PAIRS (plan)[i].wanted, FCI_PAIRS (plan)[i].other,
                               FCI_PAIRS (plan)[i].why);
  if (code == 0)
    code = fci_comparison_run (pool, &comparison);
  if (code == 0)
    outcome->equal = plan->pairs.n;
  fci_pool_share_scratch (pool, false);
  free (comparison.blocks.items);
  return code;
}
