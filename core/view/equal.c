/* core/view/equal.c: an order of views by their bytes; only identical bytes compare equal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/source.h"
#include "core/view/equal.h"
#include "core/view/order.h"
#include "core/view/view.h"

static int
order (uint64_t a, uint64_t b)
{
  return (a > b) - (a < b);
}

uintptr_t
fci_box_base (const fci_box *box)
{
  const fmtconv_source *source = box->source;
  return source->disk ? (uintptr_t) source->disk : source->memory ? 0 : (uintptr_t) source;
}

/* Windows of one file, or of one memory block, are compared by their bytes' positions. */
uint64_t
fci_box_byte (const fci_box *box)
{
  const fmtconv_source *source = box->source;
  return box->offset + (source->disk ? source->start : (uint64_t) (uintptr_t) source->memory);
}

static int
compare_block_strides (const fci_block_stride *a, const fci_block_stride *b)
{
  int r = order (a->step, b->step);
  r = r ? r : order (a->block, b->block);
  return r ? r : order (a->phase, b->phase);
}

/* Compares the positions of factors. */
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
          r = compare_block_strides (&left->block_stride[i], &right->block_stride[i]);
    }
  return r;
}

/* Compares boxes of two views of that rank; strides for an extent of 1 do not matter. */
static int
compare_boxes (const fci_box *a, const fci_box *b, unsigned rank)
{
  int r = order (fci_box_base (a), fci_box_base (b));
  r = r ? r : order (fci_box_byte (a), fci_box_byte (b));
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

/* Boxes cover the shape, so equal boxes imply equal shapes. */
int
fci_view_order (fmtconv_view *a, fmtconv_view *b)
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
  return fci_view_order (a, b) == 0;
}
