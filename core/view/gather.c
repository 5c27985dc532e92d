/* core/view/gather.c: indices of an axis in a given order.  Neighbors, repetitions and equal steps become one piece.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/flat.h"
#include "core/view/pieces.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  WORTH = 3,           /* indices that make a sequence with another step than 1 */
  MAX_VISITS = 1 << 28 /* sequences times boxes: bounds the time of a call */
};

/* The indices start, start + step … of the view, which are the indices from `to` on of the result. */
typedef struct sequence
{
  uint64_t start;
  uint64_t step;
  uint64_t count;
  uint64_t to;
} sequence;

typedef struct gathering
{
  fmtconv_view *view;
  unsigned axis;
  size_t n;
  const uint64_t *indices;
  bool steps; /* a sequence may have another step than 1: nothing else moves along the axis */
  size_t visits;
} gathering;

/* Returns the longest sequence from index number k on. */
static sequence
sequence_at (const gathering *g, size_t k)
{
  const uint64_t *at = g->indices;
  sequence s = { .start = at[k], .step = 1, .count = 1, .to = k };
  if (k + 1 == g->n || at[k + 1] < at[k])
    return s;
  const uint64_t step = at[k + 1] - at[k];
  if (step != 1 && !g->steps) /* before they are counted: each index would count all that follow */
    return s;
  while (k + s.count < g->n && at[k + s.count] - at[k + s.count - 1] == step)
    s.count++;
  if (step != 1 && s.count < WORTH)
    s.count = 1;
  else
    s.step = step;
  return s;
}

/* Cuts the sequence to the indices that are in the piece's box.  Returns false if none is. */
static bool
meet (sequence *s, uint64_t start, uint64_t extent)
{
  const uint64_t end = start + extent;
  uint64_t first = 0, last = s->count;
  if (s->step == 0)
    return s->start >= start && s->start < end;
  if (s->start < start)
    first = (start - s->start + s->step - 1) / s->step;
  if (s->start >= end)
    return false;
  const uint64_t inside = (end - 1 - s->start) / s->step + 1;
  last = inside < last ? inside : last;
  if (first >= last)
    return false;
  *s = (sequence){
    .start = s->start + first * s->step, .step = s->step, .count = last - first, .to = s->to + first
  };
  return true;
}

/* Turns a piece of the view into the indices of a sequence, all of which are in it. */
static void
take (const gathering *g, const fci_view_pieces *list, fci_view_piece *piece, const sequence *s)
{
  const uint64_t length = s->step ? (s->count - 1) * s->step + 1 : 1;
  fci_view_piece_clip (list, piece, g->axis, s->start, s->start + length);
  piece->start[g->axis] = s->to;
  FCI_PIECE_EXTENT (list, piece)[g->axis] = s->count;
  FCI_PIECE_STRIDE (list, piece)[g->axis] *= (int64_t) s->step;
}

static bool
add (gathering *g, const fci_view_pieces *from, const sequence *all, fci_view_pieces *to)
{
  for (size_t i = 0; i < from->n; i++)
    {
      const fci_view_piece *piece = fci_view_piece_at (from, i);
      sequence s = *all;
      if (!meet (&s, piece->start[g->axis], FCI_PIECE_EXTENT (from, piece)[g->axis]))
        continue;
      fci_view_piece *own = fci_view_pieces_add (to, piece);
      if (!own)
        return false;
      take (g, to, own, &s);
    }
  g->visits += from->n;
  if (g->visits <= MAX_VISITS)
    return true;
  fmtconv_fail_at (g->view->ctx, FMTCONV_E_LIMIT,
                   &(fmtconv_where){ .hint = "convert it to a separate file first" },
                   "too many rows of a tensor of %zu parts are put in another order", from->n);
  return false;
}

/* Checks where the sequences cut blocks. */
static bool
check_cuts (const gathering *g)
{
  sequence s;
  for (size_t k = 0; k < g->n; k += s.count)
    {
      s = sequence_at (g, k);
      if (!fci_blocks_check (g->view, g->axis, s.start, "cut")
          || !fci_blocks_check (g->view, g->axis, s.start + s.count, "cut"))
        return false;
    }
  return true;
}

static fmtconv_view *
gathered (gathering *g, const fci_view_head *head)
{
  const unsigned tracks = fci_view_tracks (g->view);
  fci_view_pieces from = fci_view_pieces_new (g->view->ctx, g->view->rank, tracks);
  fci_view_pieces to = fci_view_pieces_new (g->view->ctx, g->view->rank, tracks);
  bool good = fci_view_pieces_add_view (&from, g->view);
  sequence s;
  for (size_t k = 0; good && k < g->n; k += s.count)
    {
      s = sequence_at (g, k);
      good = add (g, &from, &s, &to);
    }
  fci_view_pieces_free (&from);
  if (good)
    return fci_view_freeze (head, &to, false);
  fci_view_pieces_free (&to);
  return NULL;
}

/* Checks the arguments; *same: all indices in their order. */
static bool
check (const gathering *g, bool *same)
{
  fmtconv_view *view = g->view;
  if (g->axis >= view->rank)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "axis %u of a tensor of %u dimensions", g->axis, view->rank);
      return false;
    }
  *same = g->n == view->shape[g->axis];
  for (size_t k = 0; k < g->n; k++)
    {
      *same = *same && g->indices[k] == k;
      if (g->indices[k] < view->shape[g->axis])
        continue;
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "axis %u of size %llu does not have an index %llu", g->axis,
                    (unsigned long long) view->shape[g->axis], (unsigned long long) g->indices[k]);
      return false;
    }
  return true;
}

fmtconv_view *
fmtconv_view_gather (fmtconv_view *view, unsigned axis, size_t n, const uint64_t *indices)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  gathering g = { .view = view, .axis = axis, .n = n, .indices = indices };
  const bool is_row = axis + 1 == view->rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  bool same;
  if (!check (&g, &same))
    return NULL;
  if (same)
    return view;
  if (view->encoded && is_row)
    return fci_view_refuse_bytes (view, "put in another order");
  if (view->encoded)
    return fmtconv_view_bytes (fmtconv_view_gather (view->encoded, axis, n, indices));
  g.steps = fci_view_tracks (view) == 0 && !(is_row && fci_is_blocks (view->dtype));
  memcpy (shape, view->shape, view->rank * sizeof *shape);
  shape[axis] = n;
  fci_view_head head = fci_view_head_of (view);
  head.shape = shape;
  return check_cuts (&g) ? gathered (&g, &head) : NULL;
}
