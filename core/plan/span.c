/* core/plan/span.c: turns runs into source spans.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/box.h"
#include "core/plan/run.h"
#include "core/plan/span.h"
#include "core/view/place.h"

enum
{
  TAIL_MAX = 32 << 10 /* maximum bytes without a source that join the span before them */
};

/* State while the spans of one file are built. */
typedef struct span_builder
{
  fci_plan *plan;
  fci_list *list;
  size_t first;         /* first span of the file */
  uint32_t file;        /* number of the file */
  const fci_rows *rows; /* rows of the last ROWS run … */
  size_t box;           /* … and the first box that the next run may use */
} span_builder;

static uint64_t
common_divisor (uint64_t a, uint64_t b)
{
  while (b)
    {
      uint64_t rest = a % b;
      a = b;
      b = rest;
    }
  return a;
}

static bool
add (span_builder *s, fci_source_span span)
{
  fci_source_span *item = fci_list_add (s->plan->ctx, s->list, sizeof *item);
  if (!item)
    return false;
  span.file = s->file;
  *item = span;
  return true;
}

/* Returns the bytes from the first element along axes `axis` … to the end of the last element or of its
 * block. */
static uint64_t
bytes_spanned (fmtconv_view *view, const fci_box *box, unsigned axis)
{
  uint64_t last = 0;
  for (unsigned i = axis; i < view->rank; i++)
    last += (FCI_EXTENT (box, view->rank)[i] - 1) * (uint64_t) FCI_STRIDE (box, view->rank)[i];
  if (!fci_is_blocks (box->dtype))
    return last + fci_element_bytes (box->dtype);
  const fmtconv_dtype_info *info = fmtconv_dtype_get (box->dtype);
  return (box->phase + last + info->block) / info->block * info->block_bytes;
}

/* Returns whether adjacent elements are adjacent in the source. */
static bool
is_packed (fmtconv_view *view, const fci_box *box)
{
  uint64_t step = fci_dtype_step (box->dtype);
  for (unsigned i = view->rank; i-- > 0; step *= FCI_EXTENT (box, view->rank)[i])
    if (FCI_EXTENT (box, view->rank)[i] != 1 && (uint64_t) FCI_STRIDE (box, view->rank)[i] != step)
      return false;
  return true;
}

/* Returns the elements of a step of complete grains and blocks; 0: none. */
static uint64_t
packed_step (const fci_rows *rows, const fci_box *box, fci_source_span *out)
{
  const uint64_t block = fmtconv_dtype_get (box->dtype)->block;
  const uint64_t step = rows->grain / common_divisor (rows->grain, block) * block;
  out->in_step = out->in_size = fci_dtype_bytes (box->dtype, step);
  return box->phase == 0 ? step : 0;
}

/* Returns the elements of a step along the outermost axis, with enough indices to fill grains, if steps
 * ascend in the source; 0: none. */
static uint64_t
outer_step (const fci_rows *rows, const fci_box *box, fci_source_span *out)
{
  fmtconv_view *view = rows->view;
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  uint64_t inner = 1;
  unsigned axis = 0;
  while (axis < view->rank && extent[axis] == 1)
    axis++;
  for (unsigned i = axis + 1; i < view->rank; i++)
    inner *= extent[i];
  const uint64_t n = rows->grain / common_divisor (inner, rows->grain);
  uint64_t pitch = axis < view->rank ? (uint64_t) FCI_STRIDE (box, view->rank)[axis] : 0;
  if (fci_is_blocks (box->dtype))
    {
      if (box->phase || pitch % fmtconv_dtype_get (box->dtype)->block)
        return 0;
      pitch = fci_dtype_bytes (box->dtype, pitch);
    }
  const uint64_t size = bytes_spanned (view, box, axis + 1);
  if (axis >= view->rank || pitch < size)
    return 0;
  out->in_step = n * pitch;
  out->in_size = (n - 1) * pitch + size;
  return n * inner;
}

/* Adds the span of a box in a run: `count` elements from element `first` of the tensor.  Returns false if an
 * error was recorded. */
static bool
add_box (span_builder *s, size_t number, const fci_box *box, uint64_t first, uint64_t count)
{
  const fci_run *run = &FCI_RUNS (s->plan)[number];
  const fci_rows *rows = run->u.rows;
  fci_source_span span = { .source = box->source, .from = box->offset, .run = number };
  uint64_t step =
      is_packed (rows->view, box) ? packed_step (rows, box, &span) : outer_step (rows, box, &span);
  if (step == 0 || count % step != 0)
    {
      step = count;
      span.in_step = span.in_size = bytes_spanned (rows->view, box, 0);
    }
  span.steps = count / step;
  span.reads = fci_box_reads (rows->view, box) / span.steps;
  span.at = run->at + fci_dtype_bytes (rows->view->dtype, first) - run->from;
  span.out_step = fci_dtype_bytes (rows->view->dtype, step);
  return add (s, span);
}

/* Adds boxes a … b-1 of a run as one step, with one range if they have one source. */
static bool
add_whole (span_builder *s, size_t number, size_t a, size_t b)
{
  const fci_run *run = &FCI_RUNS (s->plan)[number];
  fmtconv_view *view = run->u.rows->view;
  const fci_box *first = &view->boxes[a];
  fci_source_span span = { .source = a < b ? first->source : NULL,
                           .from = UINT64_MAX,
                           .steps = 1,
                           .at = run->at,
                           .out_step = run->size,
                           .run = number };
  uint64_t end = 0;
  for (size_t i = a; i < b; i++)
    {
      const fci_box *box = &view->boxes[i];
      const uint64_t box_end = box->offset + bytes_spanned (view, box, 0);
      span.source = box->source == first->source ? span.source : NULL;
      span.from = box->offset < span.from ? box->offset : span.from;
      end = box_end > end ? box_end : end;
      span.reads += fci_box_reads (view, box);
    }
  span.in_step = span.in_size = end > span.from ? end - span.from : 0;
  return add (s, span);
}

/* Adds the spans of a ROWS run: one per box if boxes meet at borders of grains, else one for all. */
static bool
add_rows (span_builder *s, size_t number)
{
  const fci_run *run = &FCI_RUNS (s->plan)[number];
  const fci_rows *rows = run->u.rows;
  fmtconv_view *view = rows->view;
  const uint64_t end = run->from + run->size;
  const size_t before = s->list->n;
  uint64_t first, count, covered = 0;
  bool single = true, good = true;
  size_t i = s->rows == rows ? s->box : 0, a;
  for (; i < view->n_boxes; i++)
    {
      fci_box_elements (view, &view->boxes[i], &first, &count);
      if (first / rows->grain * rows->grain_bytes >= run->from)
        break;
    }
  for (a = i; i < view->n_boxes && good; i++)
    {
      fci_box_elements (view, &view->boxes[i], &first, &count);
      if (first / rows->grain * rows->grain_bytes >= end)
        break;
      single = single && first % rows->grain == 0 && count % rows->grain == 0
               && fci_box_is_unbroken (view, &view->boxes[i]);
      good = !single || add_box (s, number, &view->boxes[i], first, count);
      covered += count / rows->grain * rows->grain_bytes;
    }
  s->rows = rows;
  s->box = i;
  if (!good || (single && covered == run->size))
    return good;
  s->list->n = before;
  return add_whole (s, number, a, i);
}

/* Adds bytes without a source; a few bytes join the span before them. */
static bool
add_known (span_builder *s, size_t number)
{
  const fci_run *run = &FCI_RUNS (s->plan)[number];
  fci_source_span *last = s->list->n > s->first ? (fci_source_span *) s->list->items + s->list->n - 1 : NULL;
  if (last && last->tail + run->size <= TAIL_MAX)
    {
      last->tail += run->size;
      return true;
    }
  return add (s, (fci_source_span){ .steps = run->size, .at = run->at, .out_step = 1, .run = number });
}

static bool
add_run (span_builder *s, size_t number)
{
  const fci_run *run = &FCI_RUNS (s->plan)[number];
  if (run->kind == FCI_RUN_ROWS)
    return add_rows (s, number);
  if (run->kind != FCI_RUN_COPY)
    return add_known (s, number);
  return add (s, (fci_source_span){ .source = run->u.source,
                                    .from = run->from,
                                    .in_step = 1,
                                    .in_size = 1,
                                    .reads = 1,
                                    .steps = run->size,
                                    .at = run->at,
                                    .out_step = 1,
                                    .run = number });
}

int
fci_plan_source_spans (fci_plan *plan, fci_list *spans)
{
  for (size_t i = 0; i < plan->files.n; i++)
    {
      span_builder s = { .plan = plan, .list = spans, .first = spans->n, .file = (uint32_t) i };
      const size_t end = i + 1 < plan->files.n ? FCI_FILES (plan)[i + 1].run : plan->runs.n;
      for (size_t run = FCI_FILES (plan)[i].run; run < end; run++)
        if (!add_run (&s, run))
          return fmtconv_ctx_failed (plan->ctx);
    }
  return 0;
}
