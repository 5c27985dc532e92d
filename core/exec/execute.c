/* core/exec/execute.c: the steps of an execution: measure, compare, write, check, publish.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/base/ranks.h"
#include "core/exec/check/compare.h"
#include "core/exec/check/crc.h"
#include "core/exec/check/digest.h"
#include "core/exec/check/finding.h"
#include "core/exec/check/manifest.h"
#include "core/exec/check/measure.h"
#include "core/exec/check/outcome.h"
#include "core/exec/check/plain.h"
#include "core/exec/check/verify.h"
#include "core/exec/exec.h"
#include "core/exec/prepare.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/gather.h"
#include "core/exec/publish/outputs.h"
#include "core/exec/publish/publication.h"
#include "core/exec/publish/publish.h"
#include "core/exec/publish/temporary.h"
#include "core/exec/publish/work-map.h"
#include "core/exec/worker/cache.h"
#include "core/exec/worker/io.h"
#include "core/exec/worker/pool.h"
#include "core/exec/worker/worker.h"
#include "core/exec/write/note.h"
#include "core/exec/write/unit.h"
#include "core/plan/digest.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include <string.h>

/* State of one execution. */
typedef struct run
{
  const fci_execution *execution;
  fci_pool pool;
  fci_publication *publications; /* one per output; in the arena, as the context may be freed first */
  int *fds;                      /* descriptors of all files … */
  const char **display;          /* … their final paths, for messages … */
  const char **paths;            /* … and their temporary paths */
  fci_work_file work;            /* what is written … */
  fci_gathering gathering;       /* … by all shares, if they are published */
  fci_outcome *outcome;
} run;

static uint64_t
tensor_bytes (const fci_plan *plan)
{
  uint64_t bytes = 0;
  for (size_t i = 0; i < plan->files.n; i++)
    for (const fci_region *region = FCI_FILES (plan)[i].file->first; region; region = region->next)
      bytes += fci_region_is_tensor (region) ? fci_view_bytes (region->u.tensor.view) : 0;
  return bytes;
}

/* Returns the bytes that are written: all, or those of the share. */
static uint64_t
bytes_to_write (const fci_plan *plan)
{
  uint64_t bytes = 0;
  for (size_t i = 0; plan->dealing.shares && i < plan->units.n; i++)
    bytes += FCI_UNITS (plan)[i].size;
  return plan->dealing.shares ? bytes : plan->cost.written;
}

/* Fills in the publications before anything is created.  Returns 0 or a code. */
static int
prepare_outputs (run *r, fmtconv_ctx *ctx)
{
  const fci_execution *e = r->execution;
  r->fds = fmtconv_ctx_alloc (ctx, e->plan->files.n, sizeof *r->fds);
  r->display = fmtconv_ctx_alloc (ctx, e->plan->files.n, sizeof *r->display);
  r->paths = fmtconv_ctx_alloc (ctx, e->plan->files.n, sizeof *r->paths);
  r->publications = fmtconv_ctx_alloc (ctx, e->n_outputs, sizeof *r->publications);
  for (size_t i = 0; r->publications && i < e->n_outputs; i++)
    r->publications[i] = (fci_publication){ .ctx = ctx,
                                            .io = r->pool.io,
                                            .layout = e->outputs[i].layout,
                                            .output = e->outputs[i].path,
                                            .folder = -1,
                                            .replaced = -1 };
  return fmtconv_ctx_failed (ctx);
}

/* Opens the workers, and fills in the publications.  Returns 0 or a code. */
static int
prepare (run *r, fmtconv_ctx *ctx)
{
  const fci_plan *plan = r->execution->plan;
  if (fci_pool_prepare (&r->pool, plan, r->execution->io) || prepare_outputs (r, ctx))
    return fmtconv_ctx_failed (ctx);
  r->pool.total = fci_measured_bytes (plan) + plan->cost.compared + bytes_to_write (plan)
                  + fci_manifest_bytes (plan) * (r->execution->reread ? 2 : 1)
                  + (r->execution->reread ? tensor_bytes (plan) : 0);
  fci_cache_start (&r->pool, plan->cost.read + plan->cost.written);
  return 0;
}

/* Returns whether this is one share of a conversion. */
static bool
is_share (const run *r)
{
  return r->execution->plan->dealing.shares > 0;
}

/* Returns whether this publishes what shares wrote. */
static bool
is_gathering (const run *r)
{
  return r->execution->plan->dealing.gathers;
}

/* Returns whether a run that is interrupted can be continued: it has more than one unit. */
static bool
has_map (const run *r)
{
  return r->execution->plan->units.n > 1 || is_share (r);
}

/* Removes what other interrupted runs left; files of this one are locked.  Returns 0 or a code. */
static int
clean (const run *r)
{
  int code = 0;
  for (size_t i = 0; i < r->execution->n_outputs && code == 0; i++)
    code = fci_publish_clean (r->pool.ctx, r->execution->outputs[i].layout, r->execution->outputs[i].path);
  return code;
}

/* Checks that an output can be made in shares: each process must come to the same temporaries.  Returns 0 or a code. */
static int
check_share (const run *r)
{
  fmtconv_ctx *ctx = r->pool.ctx;
  const fci_output *output = &r->execution->outputs[0];
  if (output->layout->is_folder && fci_folder_exists (ctx, output->path))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, output->path,
                          &(fmtconv_where){ .hint = "give the path of a new folder" },
                          "a conversion in shares cannot replace a folder");
  if (fmtconv_ctx_failed (ctx) || !is_share (r))
    return fmtconv_ctx_failed (ctx);
  return fci_gather_check (ctx, output->path, output->layout, r->execution->plan->dealing.shares);
}

/* Opens the work map, or those of all shares.  Returns 0 or a code. */
static int
open_maps (run *r, uint64_t digest)
{
  const fci_execution *e = r->execution;
  const fci_work_place place = { e->plan, e->chain, e->outputs[0].path, e->outputs[0].layout, digest };
  int code = is_share (r) || is_gathering (r) ? check_share (r) : 0;
  if (code == 0 && is_gathering (r))
    return fci_gather_open (&r->gathering, e->plan, e->chain, place.output, place.layout, digest);
  if (code == 0 && has_map (r))
    code = fci_work_file_open (&r->work, &place);
  if (code == 0 && r->work.map.fd >= 0 && r->pool.ctx->options.flags & FMTCONV_RESUME && !is_share (r)
      && !r->work.map.bytes)
    code = clean (r);
  return code;
}

/* Opens the maps, and says what becomes of temporaries that others made.  Returns 0 or a code. */
static int
open_work (run *r, uint64_t digest)
{
  int code = open_maps (r, digest);
  const fci_work_file *f = is_gathering (r) ? r->gathering.share : &r->work;
  for (size_t i = 0; i < r->execution->n_outputs && code == 0 && f->map.fd >= 0; i++)
    {
      fci_publication *p = &r->publications[i];
      p->map = is_gathering (r) ? NULL : &r->work.map;
      p->how = is_gathering (r) ? FCI_OPEN_ALL
               : is_share (r)   ? FCI_OPEN_SHARED
               : f->map.bytes   ? FCI_OPEN_LEFT
                                : FCI_OPEN_NEW;
      p->left_mode = f->mode;
      p->set = f->set;
    }
  return code;
}

static int
create (run *r)
{
  const uint64_t digest = fci_plan_digest (r->execution->plan);
  int code = open_work (r, digest);
  size_t file = 0;
  for (size_t i = 0; i < r->execution->n_outputs && code == 0; i++)
    {
      const fci_publication *p = &r->publications[i];
      code = fci_publication_open (&r->publications[i], digest);
      for (size_t k = 0; k < p->layout->n_files && code == 0; k++, file++)
        {
          r->fds[file] = p->fds[k];
          r->display[file] = p->display[k];
          r->paths[file] = p->paths[k];
        }
    }
  r->pool.fds = r->fds;
  r->pool.display = r->display;
  return code == 0 ? fci_pool_lock_files (&r->pool, file) : code;
}

/* Takes over what an interrupted run wrote, and notes how much that is.  Returns 0 or a code. */
static int
take_over (run *r)
{
  fmtconv_ctx *ctx = r->pool.ctx;
  r->pool.map = &r->work.map;
  int code = is_share (r) ? fci_work_file_check_files (&r->work, r->publications) : 0;
  if (code == 0)
    code = fci_note_begin (&r->pool);
  if (code == 0 && is_share (r))
    code = fci_work_file_note_files (&r->work, r->publications);
  const size_t n = fci_note_finished (&r->pool), all = r->execution->plan->units.n;
  if (code == 0 && n)
    fmtconv_note (ctx, "continuing an interrupted conversion: %zu of %zu parts are written", n, all);
  return code;
}

static int
write_all (run *r)
{
  const fci_plan *plan = r->execution->plan;
  int code = r->work.map.fd >= 0 ? take_over (r) : 0;
  if (code != 0)
    return code;
  return plan->n_layouts > 1 ? fci_pool_run (&r->pool, fci_write_group, NULL, plan->groups.n)
                             : fci_pool_run (&r->pool, fci_write_unit, NULL, plan->units.n);
}

/* Returns the bytes that all workers have read. */
static uint64_t
fetched (const fci_pool *pool)
{
  uint64_t sum = 0;
  for (unsigned i = 0; i < pool->n_workers; i++)
    sum += pool->workers[i].fetched;
  return sum;
}

/* Flushes all files to the disk, and forgets their bytes where the system allows it.  Returns 0 or a code. */
static int
flush_all (run *r)
{
  for (size_t i = 0; i < r->execution->plan->files.n; i++)
    {
      if (r->pool.io->fsync (r->fds[i]) != 0)
        return fci_fail_io (r->pool.ctx, r->display[i], "cannot flush it to disk");
      fci_os_drop_cache (r->fds[i]);
    }
  return 0;
}

/* Reads everything that was written again, and compares it.  Returns 0 or a code. */
static int
reread_all (run *r)
{
  int code = flush_all (r);
  if (code == 0)
    code = fci_verify_plain (&r->pool);
  if (code == 0)
    code = fci_verify_digests (&r->pool);
  if (code == 0)
    code = fci_verify_manifests (&r->pool);
  if (code == 0)
    code = fci_verify (&r->pool, r->execution->reread, r->execution->arg, r->paths, r->outcome);
  if (code != 0)
    return code;
  r->outcome->verified_files = r->execution->plan->files.n;
  r->outcome->verified_bytes = r->execution->plan->cost.written;
  return 0;
}

/* Performs all checks that precede publication.  Returns 0 or a code. */
static int
prove (run *r)
{
  int code = fci_check_crcs (&r->pool, r->outcome);
  if (code == 0)
    code = fci_fill_digests (&r->pool);
  if (code == 0)
    code = fci_fill_manifests (&r->pool);
  if (code == 0)
    code = fci_report_findings (&r->pool, r->outcome);
  r->outcome->fetched = fetched (&r->pool);
  if (code == 0 && r->execution->reread)
    code = reread_all (r);
  if (code == 0)
    code = fci_sources_unchanged (r->pool.ctx);
  return code == 0 ? fci_check_cancel (r->pool.ctx) : code;
}

/* Says that the share is complete, when all of it is on the disk.  Returns 0 or a code. */
static int
finish_share (run *r)
{
  const fci_dealing *d = &r->execution->plan->dealing;
  fmtconv_ctx *ctx = r->pool.ctx;
  int code = fci_sources_unchanged (ctx);
  if (code == 0)
    code = flush_all (r);
  if (code == 0)
    code = fci_work_file_finish (&r->work, r->publications);
  if (code == 0 && !fci_has_ranks (ctx))
    fmtconv_note (ctx,
                  "share %u of %u is written; --publish instead of --share makes the output of all shares",
                  d->share, d->shares);
  return code;
}

/* Checks all that was written, and publishes it.  Returns 0 or a code. */
static int
finish_all (run *r)
{
  int code = prove (r);
  if (code == 0 && (is_gathering (r) || r->pool.ctx->options.flags & FMTCONV_RESUME))
    code = clean (r);
  return code == 0 ? fci_publish (r->publications, r->execution->n_outputs) : code;
}

/* Returns whether to read what the plan measures first.  The shares did so: --publish needs it only to compare or verify. */
static bool
needs_measures (const run *r)
{
  return !is_gathering (r) || r->execution->reread || r->execution->plan->pairs.n;
}

/* Does what comes before the first byte is written.  Returns 0 or a code. */
static int
begin (run *r, fmtconv_ctx *ctx)
{
  int code = fci_check_cancel (ctx);
  if (code == 0)
    code = prepare (r, ctx);
  if (code == 0)
    fci_pool_progress (&r->pool);
  if (code == 0 && needs_measures (r))
    code = fci_measure_all (&r->pool);
  if (code == 0 && !is_share (r))
    code = fci_check_required (&r->pool, r->outcome);
  return code == 0 ? create (r) : code;
}

/* Returns whether what is written is kept for a run that continues, or for other shares. */
static bool
keeps (const run *r, int code)
{
  if (is_share (r) || (is_gathering (r) && code != 0))
    return true;
  const bool wanted = r->pool.ctx->options.flags & FMTCONV_RESUME;
  return wanted && r->pool.map
         && (code == FMTCONV_E_CANCELLED || code == FMTCONV_E_IO || code == FMTCONV_E_NOMEM);
}

/* Closes everything.  Removes the temporary files, unless they were published or are kept. */
static void
end (run *r, int code)
{
  const fci_execution *e = r->execution;
  const bool keep = r->pool.ctx && keeps (r, code);
  for (size_t i = 0; r->publications && i < e->n_outputs; i++)
    {
      fci_publication *p = &r->publications[i];
      p->is_kept = p->is_kept || keep;
      fci_publication_drop (p);
    }
  fci_pool_close (&r->pool);
  fci_work_file_close (&r->work, keep);
  fci_gather_close (&r->gathering, keep);
}

int
fci_execute (fmtconv_ctx *ctx, const fci_execution *execution, fci_outcome *outcome)
{
  run r = { .execution = execution,
            .outcome = outcome,
            .work = { .folder = -1, .set = -1, .map = { .fd = -1 } } };
  memset (outcome, 0, sizeof *outcome);
  int code = begin (&r, ctx);
  if (code == 0)
    code = write_all (&r);
  if (code == 0)
    code = is_gathering (&r) ? fci_gather_take (&r.gathering, &r.pool, r.publications) : 0;
  if (code == 0)
    code = is_share (&r) ? finish_share (&r) : finish_all (&r);
  if (code == 0)
    fci_pool_progress (&r.pool);
  end (&r, code);
  return code;
}
