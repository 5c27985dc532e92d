/* core/plan/cut.c: chooses threads and buffers within the memory bound, and cuts the runs into units.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/plan/cut.h"
#include "core/plan/group.h"
#include "core/plan/range.h"
#include "core/plan/row-panel.h"
#include "core/plan/run.h"
#include "core/plan/share.h"
#include "core/source/decoded.h"
#include "core/view/place.h"

enum
{
  SHARES = 4,              /* minimum units per thread, so that all are busy to the end … */
  SHARE_MIN = 256 << 10,   /* … unless they would become smaller than this */
  PRODUCT_SHARE = 16,      /* of a worker's memory, for low-rank products … */
  PRODUCT_MIN = 128 << 10, /* … with limits in bytes: less is slow, more is not faster */
  PRODUCT_MAX = 1280 << 10,
  WINDOW_MAX = 2 << 20 /* bytes of a window: more does not fit the caches from which units read it */
};

/* Returns the bytes that a worker needs for products. */
static size_t
product_scratch (uint64_t memory, unsigned threads)
{
  uint64_t share = memory / threads / PRODUCT_SHARE;
  share = share < PRODUCT_MIN ? PRODUCT_MIN : share > PRODUCT_MAX ? PRODUCT_MAX : share;
  return (size_t) share & ~(size_t) (FCI_SCRATCH_ALIGN - 1);
}

/* Returns the bytes of the window for buffers of `capacity` bytes. */
static uint64_t
window_bytes (uint64_t capacity)
{
  return capacity < WINDOW_MAX ? capacity : WINDOW_MAX;
}

/* Returns the memory bound less the measured values. */
static uint64_t
work_memory (const fci_plan *plan)
{
  return plan->ctx->options.memory - plan->kept;
}

static uint64_t
decode_scratch (const fci_plan *plan)
{
  return plan->decodes ? FCI_DECODE_SCRATCH : 0;
}

/* Returns the bytes of memory of one worker with buffers of `capacity` bytes. */
static uint64_t
worker_bytes (const fci_plan *plan, uint64_t capacity)
{
  return capacity * plan->buffers + plan->readahead_capacity + plan->row_scratch + decode_scratch (plan)
         + (plan->n_layouts > 1 ? window_bytes (capacity) : 0);
}

/* Limits the capacity so that every thread gets a few units. */
static uint64_t
fair_capacity (const fci_plan *plan, uint64_t capacity, unsigned threads)
{
  const unsigned shares = plan->dealing.shares ? plan->dealing.shares : 1;
  uint64_t share = plan->cost.written / shares / threads / SHARES;
  share = share < SHARE_MIN ? SHARE_MIN : share;
  return capacity < share ? capacity : share;
}

/* Returns the smallest capacity of a buffer.  --verify divides the same scratch into one more buffer. */
static uint64_t
min_capacity (const fci_plan *plan, bool verify)
{
  uint64_t capacity = plan->row_capacity + (verify ? plan->row_capacity / plan->buffers : 0);
  capacity = (capacity + 2 * FCI_SCRATCH_ALIGN - 1) & ~(uint64_t) (FCI_SCRATCH_ALIGN - 1);
  return capacity < FCI_UNIT_MIN ? FCI_UNIT_MIN : capacity;
}

int
fci_plan_workers (fci_plan *plan, uint64_t capacity)
{
  const fmtconv_options *options = &plan->ctx->options;
  unsigned threads = options->threads ? options->threads : 1;
  if (plan->has_products)
    plan->row_scratch += product_scratch (work_memory (plan), threads);
  plan->row_scratch = (plan->row_scratch + FCI_SCRATCH_ALIGN - 1) & ~(size_t) (FCI_SCRATCH_ALIGN - 1);
  uint64_t least = worker_bytes (plan, capacity);
  if (work_memory (plan) < least)
    return fmtconv_fail_at (plan->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .hint = "raise --memory" },
                            "the memory limit of %s is too low; %s is needed",
                            fci_size_text (plan->ctx, options->memory),
                            fci_size_text (plan->ctx, least + plan->kept));
  if (threads > work_memory (plan) / least)
    threads = (unsigned) (work_memory (plan) / least);
  plan->cost.threads = threads;
  return 0;
}

/* Reduces the unit until all threads fit the bound, then the number of threads.  Returns 0 or a code. */
static int
choose_unit (fci_plan *plan)
{
  const fmtconv_options *options = &plan->ctx->options;
  bool verify = options->flags & FMTCONV_VERIFY || plan->pairs.n; /* pairs use the buffers of --verify */
  plan->buffers = plan->n_encoders ? 4 : plan->rows.n || plan->measured.n || verify ? 3 : 1;
  int code = fci_plan_workers (plan, min_capacity (plan, verify));
  if (code != 0)
    return code;
  const size_t shares = plan->buffers + (plan->n_layouts > 1);
  uint64_t capacity =
      (work_memory (plan) / plan->cost.threads - plan->row_scratch - decode_scratch (plan)) / shares;
  capacity = fair_capacity (plan, capacity > FCI_UNIT_MAX ? FCI_UNIT_MAX : capacity, plan->cost.threads);
  capacity = capacity < min_capacity (plan, verify) ? min_capacity (plan, verify) : capacity;
  plan->unit_capacity = (size_t) capacity & ~(size_t) (FCI_SCRATCH_ALIGN - 1);
  plan->window_capacity = plan->n_layouts > 1 ? window_bytes (plan->unit_capacity) : 0;
  /* A window replaces the readahead. */
  if (plan->n_layouts == 1
      && work_memory (plan) / plan->cost.threads - worker_bytes (plan, plan->unit_capacity)
             >= FCI_READAHEAD_BYTES)
    plan->readahead_capacity = FCI_READAHEAD_BYTES;
  return 0;
}

/* Cuts the files from one border to another. */
static int
cut_between (fci_plan *plan, const fci_border *from, const fci_border *to)
{
  for (uint32_t i = from->file; i < plan->files.n && i <= to->file; i++)
    {
      const fci_plan_file *f = &FCI_FILES (plan)[i];
      const uint64_t start = i == from->file ? from->at : 0, end = i == to->file ? to->at : f->file->size;
      if (fci_plan_cut_range (plan, i, start, end, i == from->file ? from->run : f->run) == SIZE_MAX)
        return fmtconv_ctx_failed (plan->ctx);
    }
  return 0;
}

static int
cut_files (fci_plan *plan)
{
  const fci_dealing *d = &plan->dealing;
  fci_border from, to;
  for (size_t i = 0; i < plan->rows.n; i++)
    fci_rows_choose_panel (FCI_ROWS (plan)[i], plan->unit_capacity,
                           plan->cost.written / plan->cost.threads / SHARES);
  if (d->gathers)
    return 0; /* the shares wrote all */
  fci_share_borders (plan, d->shares ? d->share : 1, d->shares ? d->shares : 1, &from, &to);
  return cut_between (plan, &from, &to);
}

/* Checks that a conversion in shares has one output.  Returns 0 or a code. */
static int
check_shares (const fci_plan *plan)
{
  if (plan->n_layouts == 1 || (!plan->dealing.shares && !plan->dealing.gathers))
    return 0;
  return fmtconv_fail_at (plan->ctx, FMTCONV_E_USAGE,
                          &(fmtconv_where){ .hint = "convert to each output separately" },
                          "a conversion in shares has one output, not %zu", plan->n_layouts);
}

int
fci_plan_cut (fci_plan *plan)
{
  int code = check_shares (plan);
  if (code == 0)
    code = choose_unit (plan);
  if (code == 0)
    code = plan->n_layouts > 1 ? fci_plan_group (plan) : cut_files (plan);
  if (code != 0)
    return code;
  const size_t jobs = plan->n_layouts > 1 ? plan->groups.n : plan->units.n;
  plan->cost.units = plan->units.n;
  if (plan->cost.threads > jobs && !plan->dealing.gathers)
    plan->cost.threads = jobs ? (unsigned) jobs : 1;
  plan->cost.scratch = worker_bytes (plan, plan->unit_capacity) * plan->cost.threads + plan->kept;
  return 0;
}
