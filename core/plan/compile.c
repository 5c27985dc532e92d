/* core/plan/compile.c: compiles the regions of a layout to runs of bytes, and counts their cost.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/plan/box.h"
#include "core/plan/compile.h"
#include "core/plan/cut.h"
#include "core/plan/program.h"
#include "core/plan/require.h"
#include "core/plan/run.h"
#include "core/view/place.h"
#include <stdlib.h>

static void
free_lists (void *arg)
{
  fci_plan *plan = arg;
  free (plan->files.items);
  free (plan->groups.items);
  free (plan->windows.items);
  free (plan->runs.items);
  free (plan->units.items);
  free (plan->rows.items);
  free (plan->pairs.items);
  free (plan->measured.items);
  free (plan->checked.items);
}

/* Adds the bytes of a box's factor to the bytes read; they count once, however many units read them.  rank:
 * that of a product. */
static bool
cost_factor (fci_plan *plan, fmtconv_view *view, const fci_box *box, unsigned track, const fci_factor *factor,
             uint64_t rank)
{
  uint64_t bytes = fci_element_bytes (factor->dtype) * rank;
  uintptr_t before = 0;
  for (unsigned i = 0; i < view->rank; i++)
    bytes *= fci_block_stride_count (&FCI_TRACK (box, view->rank, track)->block_stride[i],
                                     FCI_EXTENT (box, view->rank)[i]);
  plan->cost.read += bytes;
  if (!factor->source->has_crc)
    return fci_plan_note_source (plan, factor->source);
  fci_map_get (plan->factors, &factor->source->id, sizeof factor->source->id, &before);
  return fci_map_set (plan->factors, &factor->source->id, sizeof factor->source->id, before + bytes)
         && fci_plan_note_source (plan, factor->source);
}

/* Returns the region's number among the plan's regions with digests; 0: no digest. */
static uint32_t
number_of (const fci_plan *plan, const fci_region *region)
{
  return region->wanted ? plan->n_wanted + region->wanted : 0;
}

/* Appends a run of `size` bytes from `at`, a part or all of the region.  NULL: an error was recorded. */
static fci_run *
add_run (fci_plan *plan, const fci_region *region, fci_run_kind kind, uint64_t at, uint64_t size)
{
  fci_run *run = fci_list_add (plan->ctx, &plan->runs, sizeof *run);
  if (!run)
    return NULL;
  run->kind = kind;
  run->wanted = number_of (plan, region);
  run->at = at;
  run->size = size;
  return run;
}

/* An offset in a source. */
typedef struct origin
{
  fmtconv_source *source;
  uint64_t from;
} origin;

/* Appends a copy, or extends the previous copy if it is contiguous in source and file; a digest covers one
 * region. */
static bool
add_copy (fci_plan *plan, const fci_region *region, size_t first_run, uint64_t at, origin o, uint64_t size)
{
  fci_run *last = plan->runs.n > first_run ? (fci_run *) plan->runs.items + plan->runs.n - 1 : NULL;
  plan->cost.copied += size;
  plan->cost.read += size;
  if (last && last->kind == FCI_RUN_COPY && last->u.source == o.source && last->from + last->size == o.from
      && last->wanted == number_of (plan, region))
    {
      last->size += size;
      return true;
    }
  fci_run *run = add_run (plan, region, FCI_RUN_COPY, at, size);
  if (!run)
    return false;
  run->u.source = o.source;
  run->from = o.from;
  return fci_plan_note_source (plan, o.source);
}

/* State of a tensor's compilation; its ROWS are created when the first run needs them. */
typedef struct maker
{
  fci_plan *plan;
  const fci_region *region;
  fmtconv_view *view; /* view of its bytes */
  size_t first_run;   /* number of the file's first run */
  fci_rows *rows;
} maker;

static bool
add_rows (maker *m, uint64_t first, uint64_t count)
{
  fci_plan *plan = m->plan;
  if (!m->rows)
    {
      fci_rows **item = fci_list_add (plan->ctx, &plan->rows, sizeof *item);
      if (!item || !(*item = m->rows = fci_rows_of (plan, m->region->u.tensor.name, m->view)))
        return false;
      m->rows->file = FCI_FILES (plan)[plan->files.n - 1].file;
    }
  uint64_t from = fci_dtype_bytes (m->view->dtype, first), size = fci_dtype_bytes (m->view->dtype, count);
  fci_run *run = add_run (plan, m->region, FCI_RUN_ROWS, m->region->at + from, size);
  if (!run)
    return false;
  run->u.rows = m->rows;
  run->from = from;
  return true;
}

/* Adds the reads of a box's term, and those of the terms of its factor, which are not products.  first:
 * number of the first track of its chain. */
static bool
cost_term (maker *m, const fci_box *box, const fci_term *term, unsigned first)
{
  const unsigned track = first + term->track;
  if (term->product)
    return cost_factor (m->plan, m->view, box, track, &term->product->factor[0], term->product->rank)
           && cost_factor (m->plan, m->view, box, track + 1, &term->product->factor[1], term->product->rank);
  for (unsigned i = 0; i < term->factor[0]->n_terms; i++)
    if (!cost_term (m, box, &term->factor[0]->terms[i], track + 1))
      return false;
  return cost_factor (m->plan, m->view, box, track, term->by, 1);
}

/* Adds the reads of all terms of a box. */
static bool
cost_factors (maker *m, const fci_box *box, const fci_program *program)
{
  for (unsigned i = 0; i < program->n_terms; i++)
    if (!cost_term (m, box, &program->terms[i], 0))
      return false;
  return true;
}

/* Adds the cost of a box in a ROWS run. */
static bool
cost_box (maker *m, const fci_box *box, const fci_program *program, uint64_t count)
{
  const uint64_t bytes = count * fci_element_bytes (m->view->dtype);
  if (program->rows.n_steps || program->blocks)
    m->plan->cost.converted += bytes;
  else
    m->plan->cost.gathered += bytes;
  m->plan->cost.read += fci_box_reads (m->view, box);
  return cost_factors (m, box, program) && fci_plan_note_source (m->plan, box->source);
}

/* Appends the run of a quantized tensor, all of which the encoder processes. */
static bool
add_encoded (maker *m)
{
  m->plan->cost.converted += m->region->size;
  for (size_t i = 0; i < m->view->n_boxes; i++)
    {
      const fci_box *box = &m->view->boxes[i];
      const fci_program *program =
          fci_program_of (m->plan, box, fci_box_target (m->view, i), m->region->u.tensor.name);
      m->plan->cost.read += fci_box_reads (m->view, box);
      if (!program || !cost_factors (m, box, program) || !fci_plan_note_source (m->plan, box->source))
        return false;
    }
  return add_rows (m, 0, m->view->elements);
}

/* Appends a copy for each box that is one range of bytes in source and file, and ROWS for all boxes between
 * copies. */
static bool
add_tensor (maker *m)
{
  fmtconv_view *view = m->view = fci_view_evaluated (m->region->u.tensor.view);
  if (!view)
    return false;
  if (fci_is_blocks (view->dtype))
    return add_encoded (m);
  uint64_t done = 0, item = fci_element_bytes (view->dtype);
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      uint64_t first, count;
      const fci_program *program = fci_program_of (m->plan, box, view->dtype, m->region->u.tensor.name);
      if (!program)
        return false;
      fci_box_elements (view, box, &first, &count);
      if (!fci_program_copies (program) || !fci_box_is_unbroken (view, box) || !fci_box_is_dense (view, box))
        {
          if (!cost_box (m, box, program, count))
            return false;
          continue;
        }
      if ((first > done && !add_rows (m, done, first - done))
          || !add_copy (m->plan, m->region, m->first_run, m->region->at + first * item,
                        (origin){ box->source, box->offset }, count * item))
        return false;
      done = first + count;
    }
  return done == view->elements || add_rows (m, done, view->elements - done);
}

/* Appends the run of a region without a source. */
static bool
add_computed (fci_plan *plan, const fci_region *region)
{
  const bool is_digest = region->kind == FCI_REGION_DIGEST || region->kind == FCI_REGION_SHA256;
  fci_run_kind kind = region->kind == FCI_REGION_FILL ? FCI_RUN_FILL
                      : is_digest                     ? FCI_RUN_DIGEST
                                                      : FCI_RUN_LITERAL;
  fci_run *run = add_run (plan, region, kind, region->at, region->size);
  if (!run)
    return false;
  if (kind == FCI_RUN_FILL)
    run->u.fill = region->u.fill;
  else if (kind == FCI_RUN_LITERAL)
    run->u.bytes = region->u.bytes;
  else
    {
      run->u.region = region;
      run->from = region->kind == FCI_REGION_DIGEST ? plan->n_wanted + region->u.digest.first->wanted : 0;
    }
  plan->cost.literal += region->size;
  return true;
}

static bool
add_region (fci_plan *plan, const fci_region *region, size_t first_run)
{
  if (region->kind == FCI_REGION_TENSOR)
    return add_tensor (&(maker){ .plan = plan, .region = region, .first_run = first_run })
           && fci_plan_require (plan, region->u.tensor.name, region->u.tensor.view);
  if (region->kind == FCI_REGION_SOURCE)
    return add_copy (plan, region, first_run, region->at, (origin){ region->u.source, 0 }, region->size);
  return add_computed (plan, region);
}

static bool
add_file (fci_plan *plan, const fmtconv_file *file)
{
  fci_plan_file *item = fci_list_add (plan->ctx, &plan->files, sizeof *item);
  if (!item)
    return false;
  *item = (fci_plan_file){ .file = file, .run = plan->runs.n, .wanted_before = plan->n_wanted };
  const size_t first_run = item->run;
  plan->cost.written += file->size;
  for (const fci_region *region = file->first; region; region = region->next)
    if (region->size && !add_region (plan, region, first_run))
      return false;
  return true;
}

static bool
add_layouts (fci_plan *plan)
{
  for (size_t i = 0; i < plan->n_layouts; plan->n_wanted += plan->layouts[i++]->n_wanted)
    {
      if (!plan->layouts[i]->frozen)
        {
          fmtconv_fail (plan->ctx, FMTCONV_E_INTERNAL, "the layout is not frozen");
          return false;
        }
      for (const fmtconv_file *file = plan->layouts[i]->first; file; file = file->next)
        if (!add_file (plan, file))
          return false;
    }
  plan->cost.runs = plan->runs.n;
  plan->cost.pairs = plan->pairs.n;
  plan->cost.read += plan->cost.measured;
  return true;
}

static uint64_t
list_bytes (const fci_plan *plan)
{
  return plan->runs.capacity * sizeof (fci_run) + plan->units.capacity * sizeof (fci_unit)
         + plan->rows.capacity * sizeof (fci_rows *) + plan->pairs.capacity * sizeof (fci_pair)
         + plan->measured.capacity * sizeof (fci_measured)
         + plan->checked.capacity * sizeof (fmtconv_source *) + plan->files.capacity * sizeof (fci_plan_file)
         + plan->groups.capacity * sizeof (fci_group) + plan->windows.capacity * sizeof (fci_window);
}

fci_plan *
fci_plan_compile_all (fmtconv_ctx *ctx, const fmtconv_layout *const *layouts, size_t n,
                      const fci_dealing *dealing)
{
  if (fmtconv_ctx_failed (ctx))
    return NULL;
  size_t before = ctx->arena.total;
  fci_plan *plan = fci_new (ctx, fci_plan);
  if (!plan)
    return NULL;
  plan->ctx = ctx;
  plan->layouts = layouts;
  plan->n_layouts = n;
  if (dealing)
    plan->dealing = *dealing;
  plan->programs = fci_map_new (ctx);
  plan->seen = fci_map_new (ctx);
  plan->factors = fci_map_new (ctx);
  plan->required = fci_map_new (ctx);
  if (fci_defer_call (ctx, free_lists, plan) != 0)
    return NULL;
  if (!plan->programs || !plan->seen || !plan->factors || !plan->required || !add_layouts (plan)
      || fci_plan_cut (plan) != 0)
    return NULL;
  plan->cost.memory = ctx->arena.total - before + list_bytes (plan);
  return plan;
}

fci_plan *
fci_plan_compile (fmtconv_ctx *ctx, const fmtconv_layout *layout)
{
  const fmtconv_layout **only = layout ? fci_new (ctx, const fmtconv_layout *) : NULL;
  if (!only)
    return NULL;
  *only = layout;
  return fci_plan_compile_all (ctx, only, 1, NULL);
}

const fci_cost *
fci_plan_cost (const fci_plan *plan)
{
  return &plan->cost;
}
