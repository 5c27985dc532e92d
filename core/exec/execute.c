/* core/exec/execute.c: the steps of an execution: check, compare, write, prove, publish.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/work.h"
#include <string.h>

/* Everything of one execution. */
typedef struct run
{
  const fci_execution *execution;
  fci_work work;
  fci_publication *publication; /* in the arena: the context may be freed first */
  fci_outcome *outcome;
} run;

static uint64_t
tensor_bytes (const fmtconv_layout *layout)
{
  uint64_t bytes = 0;
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    for (const fci_region *region = file->first; region; region = region->next)
      bytes += fci_region_is_tensor (region) ? fci_view_bytes (region->u.tensor.view) : 0;
  return bytes;
}

/* Scratch and tallies, before anything is created. */
static int
prepare (run *r, fmtconv_ctx *ctx)
{
  const fci_plan *plan = r->execution->plan;
  fci_work *work = &r->work;
  r->publication = fci_new (ctx, fci_publication);
  work->tallies = fmtconv_alloc (ctx, plan->n_tallies, sizeof *work->tallies);
  work->bad_rows = fmtconv_alloc (ctx, plan->n_coders, sizeof *work->bad_rows);
  if (!r->publication || !work->tallies || !work->bad_rows)
    return fmtconv_failed (ctx);
  for (size_t i = 0; i < plan->n_coders; i++)
    work->bad_rows[i] = (fci_bad_rows){ .nan = UINT64_MAX, .inf = UINT64_MAX };
  work->ctx = ctx;
  work->plan = plan;
  work->io = r->execution->io ? r->execution->io : &fci_io_system;
  work->want_crc = true;
  work->total = plan->cost.compared + plan->cost.written
                + (r->execution->reread ? tensor_bytes (r->execution->layout) : 0);
  *r->publication = (fci_publication){
    .ctx = ctx, .io = work->io, .layout = r->execution->layout, .output = r->execution->output, .folder = -1
  };
  return fci_work_open (work);
}

static int
create (run *r)
{
  int code = fci_publication_open (r->publication, fci_plan_digest (r->execution->plan));
  r->work.fds = r->publication->fds;
  if (code == 0)
    code = fci_work_files (&r->work, r->execution->layout->n_files);
  r->work.shown = r->publication->shown;
  return code;
}

/* All that must hold before the output may have its name. */
static int
prove (run *r)
{
  int code = fci_check_crcs (&r->work, r->outcome);
  if (code == 0)
    code = fci_fill_digests (&r->work);
  if (code == 0)
    code = fci_find (&r->work, r->outcome);
  if (code == 0 && r->execution->reread)
    code = fci_verify (&r->work, r->execution, r->publication->paths, r->outcome);
  if (code == 0)
    code = fci_sources_unchanged (r->work.ctx);
  return code == 0 ? fci_check_cancel (r->work.ctx) : code;
}

int
fci_execute (fmtconv_ctx *ctx, const fci_execution *execution, fci_outcome *outcome)
{
  run r = { .execution = execution, .outcome = outcome };
  memset (outcome, 0, sizeof *outcome);
  int code = fci_check_cancel (ctx);
  if (code == 0)
    code = fci_publish_check (ctx, execution->layout, execution->output);
  if (code == 0)
    code = prepare (&r, ctx);
  if (code == 0)
    code = fci_check_required (&r.work, outcome);
  if (code == 0)
    code = create (&r);
  if (code == 0)
    code = fci_work_run (&r.work, fci_write_unit, NULL, execution->plan->units.n);
  if (code == 0)
    code = prove (&r);
  if (code == 0)
    code = fci_publication_finish (r.publication);
  if (code == 0)
    fci_work_progress (&r.work);
  if (r.publication)
    fci_publication_drop (r.publication);
  fci_work_close (&r.work);
  return code;
}
