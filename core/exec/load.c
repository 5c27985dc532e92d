/* core/exec/load.c: evaluates a tensor to memory: the plan of a file that has nothing else, with memory as the file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/compare.h"
#include "core/exec/check/crc.h"
#include "core/exec/check/finding.h"
#include "core/exec/check/measure.h"
#include "core/exec/load.h"
#include "core/exec/worker/io.h"
#include "core/exec/worker/pool.h"
#include "core/exec/write/unit.h"
#include "core/layout/freeze.h"
#include "core/layout/names.h"
#include "core/plan/compile.h"
#include "core/plan/range.h"
#include "core/source/disk.h"
#include <stdlib.h>

struct fci_loader
{
  fmtconv_ctx *ctx;
  fci_plan *plan;
  uint64_t size; /* bytes of the tensor */
  bool is_ready; /* the measurements and comparisons are done */
};

fci_loader *
fci_loader_new (fmtconv_ctx *ctx, const char *name, fmtconv_view *view)
{
  fci_loader *loader = view ? fci_new (ctx, fci_loader) : NULL;
  fmtconv_layout *layout = loader ? fci_layout_new (ctx, "memory") : NULL;
  fmtconv_file *file = layout ? fmtconv_layout_create (layout, NULL) : NULL;
  fmtconv_file_emit_view (file, name, view);
  if (!file || fmtconv_ctx_failed (ctx) || fci_layout_freeze (layout) != 0)
    return NULL;
  *loader =
      (fci_loader){ .ctx = ctx, .plan = fci_plan_compile (ctx, layout), .size = fmtconv_file_size (file) };
  return loader->plan ? loader : NULL;
}

uint64_t
fci_loader_grain (const fci_loader *loader)
{
  const fci_plan *plan = loader->plan;
  return plan->n_encoders ? FCI_ROWS (plan)[0]->grain_bytes : 1;
}

/* Returns the number of the run that has byte `at`. */
static size_t
run_with (const fci_plan *plan, uint64_t at)
{
  size_t a = 0, b = plan->runs.n;
  while (b - a > 1)
    {
      const size_t middle = a + (b - a) / 2;
      if (FCI_RUNS (plan)[middle].at <= at)
        a = middle;
      else
        b = middle;
    }
  return a;
}

/* Opens the workers.  What they count is freed with them, as a context may serve many reads. */
static int
open_workers (fci_loader *loader, fci_pool *pool)
{
  const fci_plan *plan = pool->plan;
  pool->tallies = calloc (plan->n_tallies + 1, sizeof *pool->tallies);
  pool->bad_rows = calloc (plan->n_encoders + 1, sizeof *pool->bad_rows);
  if (!pool->tallies || !pool->bad_rows)
    {
      fci_nomem (loader->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (size_t i = 0; i < plan->n_encoders; i++)
    pool->bad_rows[i] = (fci_bad_rows){ .nan = UINT64_MAX, .inf = UINT64_MAX };
  return fci_pool_open (pool);
}

/* Returns the bytes to measure and compare before the first read. */
static uint64_t
bytes_before (const fci_loader *loader)
{
  return loader->is_ready ? 0 : fci_measured_bytes (loader->plan) + loader->plan->cost.compared;
}

/* Measures and compares what the view requires, before the first read. */
static int
prepare (fci_loader *loader, fci_pool *pool, fci_outcome *outcome)
{
  if (loader->is_ready)
    return 0;
  int code = fci_measure_all (pool);
  if (code == 0)
    code = fci_check_required (pool, outcome);
  loader->is_ready = code == 0;
  return code;
}

static int
run_units (fci_loader *loader, fci_pool *pool)
{
  fci_outcome outcome = { 0 };
  int code = open_workers (loader, pool);
  if (code == 0)
    code = prepare (loader, pool, &outcome);
  if (code == 0)
    fci_pool_progress (pool);
  if (code == 0)
    code = fci_pool_run (pool, fci_write_unit, NULL, pool->plan->units.n);
  if (code == 0 && pool->want_crc)
    code = fci_check_crcs (pool, &outcome);
  if (code == 0)
    code = fci_report_findings (pool, &outcome);
  if (code == 0)
    code = fci_sources_unchanged (loader->ctx);
  if (code == 0)
    fci_pool_progress (pool);
  return code;
}

int
fci_load (fci_loader *loader, uint64_t at, uint64_t size, void *to)
{
  fci_plan part = *loader->plan; /* with separate units */
  fci_pool pool = { .ctx = loader->ctx,
                    .plan = &part,
                    .io = &fci_io_system,
                    .memory = to,
                    .memory_at = at,
                    .want_crc = size == loader->size,
                    .total = size + bytes_before (loader) };
  int code = fci_check_cancel (loader->ctx);
  if (code != 0 || size == 0)
    return code;
  part.units = (fci_list){ 0 };
  if (fci_plan_cut_range (&part, 0, at, at + size, run_with (&part, at)) == SIZE_MAX)
    code = fmtconv_ctx_failed (loader->ctx);
  if (code == 0)
    code = run_units (loader, &pool);
  fci_pool_close (&pool);
  free (part.units.items);
  free (pool.tallies);
  free (pool.bad_rows);
  return code;
}
