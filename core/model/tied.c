/* core/model/tied.c: which tensors of a model are the very same bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tensors are sorted by where their first byte lies, then by all the rest of their normal form, so that
 * equal ones become neighbors, whatever a file makes of it. */
#include "core/base/ctx.h"
#include "core/model/private.h"
#include "core/source/source.h"
#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

/* What is compared first. */
typedef struct key
{
  uintptr_t base; /* the open file, or what is still to be measured; 0: memory */
  uint64_t offset;
  uint64_t bytes;
  const fci_entry *entry;
} key;

static int
order (uint64_t a, uint64_t b)
{
  return (a > b) - (a < b);
}

static uintptr_t
base_of (const fmtconv_source *source)
{
  return source->disk ? (uintptr_t) source->disk : source->memory ? 0 : (uintptr_t) source;
}

/* Windows of one file, or of one piece of memory, are compared by what they show. */
static uint64_t
place_of (const fci_box *box)
{
  const fmtconv_source *source = box->source;
  return box->offset + (source->disk ? source->start : (uint64_t) (uintptr_t) source->memory);
}

static int
compare_paces (const fci_pace *a, const fci_pace *b)
{
  int r = order (a->step, b->step);
  r = r ? r : order (a->block, b->block);
  return r ? r : order (a->phase, b->phase);
}

/* Where factors are. */
static int
compare_tracks (const fci_box *a, const fci_box *b, unsigned rank)
{
  int r = order (fci_tracks (a->ops), fci_tracks (b->ops));
  for (unsigned t = 0; t < fci_tracks (a->ops) && !r; t++)
    {
      const fci_track *left = FCI_TRACK (a, rank, t), *right = FCI_TRACK (b, rank, t);
      r = order (left->at, right->at);
      for (unsigned i = 0; i < rank && !r; i++)
        if (FCI_EXTENT (a, rank)[i] > 1)
          r = compare_paces (&left->pace[i], &right->pace[i]);
    }
  return r;
}

/* Boxes of two views of that rank; strides where the extent is 1 do not matter. */
static int
compare_boxes (const fci_box *a, const fci_box *b, unsigned rank)
{
  int r = order (base_of (a->source), base_of (b->source));
  r = r ? r : order (place_of (a), place_of (b));
  r = r ? r : order (a->dtype, b->dtype);
  r = r ? r : order (a->phase, b->phase);
  for (unsigned i = 0; i < 2 * rank && !r; i++)
    r = order (a->start[i], b->start[i]);
  for (unsigned i = 0; i < rank && !r; i++)
    if (FCI_EXTENT (a, rank)[i] > 1)
      r = order (a->start[2 * rank + i], b->start[2 * rank + i]);
  r = r ? r : fci_ops_order (a->ops, b->ops);
  return r ? r : compare_tracks (a, b, rank);
}

/* Boxes cover the shape, so that equal ones have equal shapes. */
static int
compare_views (fmtconv_view *a, fmtconv_view *b)
{
  int r = a == b ? 0 : order (a->dtype, b->dtype);
  r = r ? r : order (a->rank, b->rank);
  r = r ? r : order (a->n_boxes, b->n_boxes);
  for (size_t i = 0; a != b && i < a->n_boxes && !r; i++)
    r = compare_boxes (&a->boxes[i], &b->boxes[i], a->rank);
  return r;
}

bool
fci_view_equal (fmtconv_view *a, fmtconv_view *b)
{
  return compare_views (a, b) == 0;
}

static int
compare_keys (const key *a, const key *b)
{
  int r = order (a->base, b->base);
  r = r ? r : order (a->offset, b->offset);
  r = r ? r : order (a->bytes, b->bytes);
  return r ? r : compare_views (a->entry->tensor.view, b->entry->tensor.view);
}

static int
compare (const void *left, const void *right)
{
  const key *a = left;
  const key *b = right;
  int r = compare_keys (a, b);
  return r ? r : order (a->entry->index, b->entry->index);
}

/* keys[from … to) are the same bytes, in the order of their numbers. */
static void
tie (const fmtconv_model *model, const key *keys, size_t from, size_t to)
{
  int32_t first = (int32_t) keys[from].entry->index;
  model->entries[first]->tied = (int32_t) keys[from + 1].entry->index;
  for (size_t i = from + 1; i < to; i++)
    model->entries[keys[i].entry->index]->tied = first;
}

/* Same bytes, but no ties. */
static bool
tie_nothing (fmtconv_model *model)
{
  for (fci_entry *entry = model->first; entry; entry = entry->next)
    entry->tied = FCI_NO_TENSOR;
  model->features &= ~(unsigned) FMTCONV_FEATURE_TIED;
  return true;
}

bool
fci_model_tie (fmtconv_model *model)
{
  if (model->untied)
    return tie_nothing (model);
  key *keys = malloc ((model->count + 1) * sizeof *keys);
  if (!keys)
    return fci_nomem (model->ctx) != NULL;
  size_t n = 0;
  for (fci_entry *entry = model->first; entry; entry = entry->next)
    {
      fmtconv_view *view = entry->tensor.view;
      entry->tied = FCI_NO_TENSOR;
      if (view->n_boxes > 0)
        keys[n++] = (key){ .base = base_of (view->boxes[0].source),
                           .offset = place_of (&view->boxes[0]),
                           .bytes = entry->tensor.bytes,
                           .entry = entry };
    }
  qsort (keys, n, sizeof *keys, compare);
  model->features &= ~(unsigned) FMTCONV_FEATURE_TIED;
  for (size_t i = 0; i < n;)
    {
      size_t end = i + 1;
      while (end < n && compare_keys (&keys[i], &keys[end]) == 0)
        end++;
      if (end > i + 1)
        {
          tie (model, keys, i, end);
          model->features |= FMTCONV_FEATURE_TIED;
        }
      i = end;
    }
  free (keys);
  return true;
}
