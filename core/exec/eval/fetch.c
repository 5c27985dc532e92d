/* core/exec/eval/fetch.c: evaluates a range of a tensor: the boxes in the range, or encoded rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/eval/encode.h"
#include "core/exec/eval/fetch.h"
#include "core/exec/eval/part.h"
#include "core/view/place.h"
#include <assert.h>
#include <string.h>

/* Converts strides from elements to bytes, in the source (blocks: of f32) and in the output. */
static void
to_bytes (fci_part_box *p, const fci_box *box, uint64_t *out_at)
{
  for (unsigned i = 0; i < p->rank; i++)
    {
      p->in[i] *= p->program->blocks ? sizeof (float) : 1;
      p->out[i] *= p->out_item;
    }
  *out_at *= p->out_item;
  p->in_item = p->program->blocks ? sizeof (float) : fci_element_bytes (box->dtype);
}

/* Converts strides as to_bytes does for stored blocks, which are moved as bytes: the blocks of a row are
 * contiguous. */
static void
to_raw_bytes (fci_part_box *p, const fci_box *box, uint64_t *out_at)
{
  unsigned last = p->rank - 1;
  for (unsigned i = 0; i < last; i++)
    {
      p->in[i] = fci_dtype_bytes (box->dtype, p->in[i]);
      p->out[i] = fci_dtype_bytes (box->dtype, p->out[i]);
    }
  p->extent[last] = fci_dtype_bytes (box->dtype, p->extent[last]);
  p->in[last] = p->out[last] = p->in_item = p->out_item = 1;
  *out_at = fci_dtype_bytes (box->dtype, *out_at);
}

/* Sets *p to the part of a box inside the rectangle.  Returns false if it is empty. */
static bool
clip (const fci_fetching *f, const fci_box *box, fci_part_box *p, uint64_t *out_at)
{
  uint64_t step = 1;
  p->offset = box->offset;
  p->phase = box->phase;
  p->n_tracks = fci_tracks (box->ops);
  for (unsigned t = 0; t < p->n_tracks; t++)
    p->track[t].at = FCI_TRACK (box, f->rank, t)->at;
  *out_at = 0;
  for (unsigned i = f->rank; i-- > 0; step *= f->extent[i])
    {
      uint64_t box_end = box->start[i] + FCI_EXTENT (box, f->rank)[i], end = f->start[i] + f->extent[i];
      uint64_t low = box->start[i] > f->start[i] ? box->start[i] : f->start[i];
      uint64_t high = box_end < end ? box_end : end;
      if (low >= high)
        return false;
      p->extent[i] = high - low;
      p->in[i] = (uint64_t) FCI_STRIDE (box, f->rank)[i];
      p->out[i] = step;
      fci_leaf_offset_move (box->dtype, &p->offset, &p->phase, (low - box->start[i]) * p->in[i]);
      for (unsigned t = 0; t < p->n_tracks; t++)
        {
          p->track[t].block_stride[i] = FCI_TRACK (box, f->rank, t)->block_stride[i];
          fci_block_stride_move (&p->track[t].block_stride[i], &p->track[t].at, low - box->start[i]);
        }
      *out_at += (low - f->start[i]) * step;
    }
  if (fci_is_blocks (box->dtype) && !p->program->blocks)
    to_raw_bytes (p, box, out_at);
  else
    to_bytes (p, box, out_at);
  return true;
}

/* Returns the first box that may contain index `low` of axis 0: boxes are sorted and at most `longest` long.
 * */
static size_t
first_box (const fci_rows *rows, uint64_t low)
{
  size_t a = 0, b = rows->view->n_boxes;
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (rows->view->boxes[middle].start[0] + rows->longest <= low)
        a = middle + 1;
      else
        b = middle;
    }
  return a;
}

/* Evaluates all boxes; with an encoder: the boxes it encodes, as f32, or with `raw` the boxes of stored
 * blocks. */
static int
fetch_boxes (fci_fetching *f, bool raw, uint8_t *out)
{
  fmtconv_view *view = f->rows->view;
  uint64_t at;
  for (size_t i = f->rank ? first_box (f->rows, f->start[0]) : 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      const fci_part *part = fci_rows_part (f->rows, i);
      fci_part_box p;
      p.program = part->program;
      p.source = box->source;
      p.rank = f->rank;
      p.out_item = fci_element_bytes (fci_box_target (view, i));
      if (f->rank && box->start[0] >= f->start[0] + f->extent[0])
        break;
      if (f->rows->encoder && raw == (fci_ops_encoder (box->ops) != NULL))
        continue;
      if (clip (f, box, &p, &at) && fci_fetch_part (f, &p, part->tally, out + at) != 0)
        return -1;
    }
  return 0;
}

/* Returns the number of rows before the rectangle. */
static uint64_t
first_row (const fci_fetching *f)
{
  uint64_t row = 0;
  for (unsigned i = 0; i + 1 < f->rank; i++)
    row = row * f->rows->view->shape[i] + f->start[i];
  return row;
}

/* Returns whether a box has elements in the rectangle. */
static bool
overlaps (const fci_fetching *f, const fci_box *box)
{
  for (unsigned i = 0; i < f->rank; i++)
    if (box->start[i] >= f->start[i] + f->extent[i]
        || f->start[i] >= box->start[i] + FCI_EXTENT (box, f->rank)[i])
      return false;
  return true;
}

/* Sets *importance to that of all rows of the rectangle, NULL if they have none.  Returns false if it is not the same
 * for all. */
static bool
find_importance (const fci_fetching *f, const fci_importance **importance)
{
  const fmtconv_view *view = f->rows->view;
  const fci_importance *const *of_box = f->rows->encoder->of_box;
  bool found = false;
  *importance = NULL;
  for (size_t i = of_box ? first_box (f->rows, f->start[0]) : view->n_boxes;
       i < view->n_boxes && view->boxes[i].start[0] < f->start[0] + f->extent[0]; i++)
    {
      if (!fci_ops_encoder (view->boxes[i].ops) || !overlaps (f, &view->boxes[i]))
        continue;
      if (found && *importance != of_box[i])
        return false;
      *importance = of_box[i];
      found = true;
    }
  return true;
}

static int fetch_encoded (fci_fetching *f, uint8_t *out);

/* Evaluates both halves along the outermost axis that can be halved, which are contiguous in the output. */
static int
fetch_encoded_halves (const fci_fetching *f, uint8_t *out)
{
  fci_fetching low = *f, high = *f;
  unsigned axis = 0;
  while (axis + 1 < f->rank && f->extent[axis] == 1)
    axis++;
  uint64_t grain = axis + 1 < f->rank ? 1 : f->rows->grain;
  low.extent[axis] = f->extent[axis] / grain / 2 * grain;
  high.extent[axis] = f->extent[axis] - low.extent[axis];
  high.start[axis] += low.extent[axis];
  uint64_t n = 1;
  for (unsigned i = 0; i < f->rank; i++)
    n *= low.extent[i];
  if (fetch_encoded (&low, out) != 0)
    return -1;
  return fetch_encoded (&high, out + fci_dtype_bytes (f->rows->view->dtype, n));
}

/* Evaluates the rectangle to f32 and encodes it, then adds the stored blocks. */
static int
fetch_encoded (fci_fetching *f, uint8_t *out)
{
  const fci_encoder *encoder = f->rows->encoder;
  const fci_importance *importance;
  uint64_t columns = f->extent[f->rank - 1], n = 1;
  for (unsigned i = 0; i < f->rank; i++)
    n *= f->extent[i];
  if (n + (encoder->of_box ? columns + 1 : 0) > f->worker->capacity / sizeof (float)
      || !find_importance (f, &importance))
    return fetch_encoded_halves (f, out);
  if (encoder->mixed)
    memset (f->worker->f32_rows, 0, (size_t) n * sizeof (float));
  if (fetch_boxes (f, false, f->worker->f32_rows) != 0
      || fci_encode_rows (f->worker, encoder, importance, f->tallies, first_row (f), (size_t) (n / columns),
                          (size_t) columns, out)
             != 0)
    return -1;
  return encoder->mixed ? fetch_boxes (f, true, out) : 0;
}

static int
fetch_rectangle (fci_fetching *f, uint8_t *out)
{
  return f->rows->encoder ? fetch_encoded (f, out) : fetch_boxes (f, false, out);
}

/* Evaluates elements a … b-1 of the sub-tensor at f->start[0 … axis-1] in as few rectangles as possible. */
static int
fetch_range (fci_fetching *f, unsigned axis, uint64_t a, uint64_t b, uint8_t **out)
{
  const uint64_t *shape = f->rows->view->shape;
  uint64_t row = 1;
  for (unsigned i = axis + 1; i < f->rank; i++)
    row *= shape[i];
  while (a < b)
    {
      uint64_t rest = a % row, whole = rest == 0 ? (b - a) / row : 0, n;
      f->start[axis] = a / row;
      f->extent[axis] = whole ? whole : 1;
      for (unsigned i = axis + 1; i < f->rank && whole; i++)
        {
          f->start[i] = 0;
          f->extent[i] = shape[i];
        }
      n = whole ? whole * row : row - rest < b - a ? row - rest : b - a;
      if ((whole ? fetch_rectangle (f, *out) : fetch_range (f, axis + 1, rest, rest + n, out)) != 0)
        return -1;
      *out += whole ? fci_dtype_bytes (f->rows->view->dtype, n) : 0;
      a += n;
    }
  return 0;
}

int
fci_fetch (fci_worker *worker, const fci_rows *rows, fci_tally *tallies, uint64_t at, uint64_t size,
           uint8_t *out)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (rows->view->dtype);
  fci_fetching f = { .worker = worker, .rows = rows, .tallies = tallies, .rank = rows->view->rank };
  if (f.rank == 0)
    return fetch_rectangle (&f, out);
  uint8_t *to = out;
  int code = fetch_range (&f, 0, at / info->block_bytes * info->block,
                          (at + size) / info->block_bytes * info->block, &to);
  assert (code != 0 || to == out + size);
  return code;
}

int
fci_fetch_rectangle (fci_worker *worker, const fci_rows *rows, fci_tally *tallies, const fci_rectangle *place,
                     uint8_t *out)
{
  fci_fetching f = { .worker = worker, .rows = rows, .tallies = tallies, .rank = rows->view->rank };
  memcpy (f.start, place->start, sizeof f.start);
  memcpy (f.extent, place->extent, sizeof f.extent);
  return fetch_rectangle (&f, out);
}
