/* core/model/tiling.c: checks that a model's leaves fill a range of their file exactly.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/base/sort.h"
#include "core/model/private.h"
#include "core/source/source.h"
#include "core/view/place.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

/* A range of bytes and its tensor. */
typedef struct tile
{
  uint64_t start;
  uint64_t end;
  const char *tensor;
} tile;

/* The range that is checked, and the progress. */
typedef struct floor_plan
{
  fmtconv_source *source;
  uint64_t start;
  uint64_t end;
  uint64_t align;
  uint64_t done; /* end of the last tile */
} floor_plan;

static int
compare_tiles (const void *left, const void *right)
{
  const tile *a = left;
  const tile *b = right;
  if (a->start != b->start)
    return a->start < b->start ? -1 : 1;
  return (a->end > b->end) - (a->end < b->end);
}

/* Returns whether the box covers each byte from its first to its last exactly once, in any order; *end:
 * first byte after it. */
static bool
range_of (const fci_box *box, unsigned rank, uint64_t *end)
{
  uint64_t solid = fci_dtype_step (box->dtype);
  unsigned seen = 0;
  for (unsigned n = 0; n < rank; n++)
    {
      unsigned next = rank;
      for (unsigned i = 0; i < rank; i++)
        if (!(seen & 1u << i)
            && (FCI_EXTENT (box, rank)[i] == 1 || (uint64_t) FCI_STRIDE (box, rank)[i] == solid))
          next = i;
      if (next == rank)
        return false;
      seen |= 1u << next;
      solid *= FCI_EXTENT (box, rank)[next];
    }
  *end = box->offset + (fci_is_blocks (box->dtype) ? fci_dtype_bytes (box->dtype, solid) : solid);
  return true;
}

static size_t
count_boxes (const fmtconv_model *model)
{
  size_t n = 0;
  FMTCONV_FOREACH (t, model)
    n += t->view->n_boxes;
  return n;
}

/* Collects the tiles of the source, unsorted. Returns false if a tensor is not a tile. */
static bool
collect (const fmtconv_model *model, const floor_plan *plan, tile *tiles, size_t *n)
{
  *n = 0;
  FMTCONV_FOREACH (t, model)
    for (size_t i = 0; i < t->view->n_boxes; i++)
      {
        const fci_box *box = &t->view->boxes[i];
        tile *next = &tiles[*n];
        if (box->source != plan->source)
          continue;
        if (!range_of (box, t->rank, &next->end))
          {
            fmtconv_fail_at (model->ctx, FMTCONV_E_FORMAT,
                             &(fmtconv_where){ plan->source, box->offset, t->name, NULL },
                             "its elements are not contiguous, or overlap");
            return false;
          }
        next->start = box->offset;
        next->tensor = t->name;
        (*n)++;
      }
  return true;
}

/* Records "it begins ", 8, "bytes before …" with its place. Returns false. */
static bool
refuse (const floor_plan *plan, uint64_t at, const char *tensor, const char *before, uint64_t bytes,
        const char *behind)
{
  fmtconv_fail_at (plan->source->ctx, FMTCONV_E_FORMAT,
                   &(fmtconv_where){ .source = plan->source, .offset = at, .tensor = tensor },
                   "%s%llu bytes %s", before, (unsigned long long) bytes, behind);
  return false;
}

/* Returns the first multiple of the alignment, counted from the start, at or after `at`. */
static uint64_t
aligned (const floor_plan *plan, uint64_t at)
{
  uint64_t rest = (at - plan->start) % plan->align;
  return rest && at <= UINT64_MAX - plan->align ? at + (plan->align - rest) : at;
}

/* Places the next tile. Returns false if it does not fit (recorded). */
static bool
lay (floor_plan *plan, const tile *next)
{
  const char *tensor = next->tensor;
  if (next->start < plan->start)
    return refuse (plan, next->start, tensor, "it begins ", plan->start - next->start,
                   "before the tensor data");
  if (next->start < plan->done)
    return refuse (plan, next->start, tensor, "its first ", plan->done - next->start,
                   "overlap another tensor");
  if ((next->start - plan->start) % plan->align != 0)
    return refuse (plan, next->start, tensor, "it is not aligned to ", plan->align, "as required");
  if (next->start > aligned (plan, plan->done))
    return refuse (plan, plan->done, tensor, "the ", next->start - plan->done,
                   "before it belong to no tensor");
  if (next->end > plan->end)
    return refuse (plan, plan->end, tensor, "it ends ", next->end - plan->end, "after the tensor data");
  plan->done = next->end;
  return true;
}

static void
lay_all (floor_plan *plan, tile *tiles, size_t n)
{
  fci_sort_plain (tiles, n, sizeof *tiles, compare_tiles);
  plan->done = plan->start;
  for (size_t i = 0; i < n; i++)
    if (!lay (plan, &tiles[i]))
      return;
  if (plan->done != plan->end && aligned (plan, plan->done) != plan->end)
    refuse (plan, plan->done, n > 0 ? tiles[n - 1].tensor : NULL, "the ", plan->end - plan->done,
            "after the last tensor belong to no tensor");
}

void
fmtconv_model_require_tiling (fmtconv_model *out, fmtconv_source *source, uint64_t start, uint64_t end,
                              uint64_t align)
{
  if (!out || !source || fmtconv_ctx_failed (out->ctx))
    return;
  if (start > end || align == 0)
    {
      fmtconv_fail (out->ctx, FMTCONV_E_INTERNAL, "the range of tiles %llu to %llu is not valid",
                    (unsigned long long) start, (unsigned long long) end);
      return;
    }
  floor_plan plan = { .source = source, .start = start, .end = end, .align = align };
  tile *tiles = malloc ((count_boxes (out) + 1) * sizeof *tiles);
  size_t n;
  if (!tiles)
    fci_nomem (out->ctx);
  else if (collect (out, &plan, tiles, &n))
    lay_all (&plan, tiles, n);
  free (tiles);
}
