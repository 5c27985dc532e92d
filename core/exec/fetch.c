/* core/exec/fetch.c: evaluates part of a tensor: reads, gathers and converts in bounded scratch.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/fetch.h"
#include "core/kernel/quant.h"
#include <assert.h>
#include <string.h>

enum
{
  GAP = 4096,     /* bytes that are rather read than stepped over by another read */
  CHECKED = 2048, /* shorter stretches are too many to keep their checksums */
  MOST_IN_BLOCK = 256
};

/* How a piece is read: one stretch of `len` bytes for every index of the first n_outer axes of `order`. */
typedef struct image
{
  unsigned order[FMTCONV_MAX_RANK]; /* axes, largest stride first */
  unsigned n_outer;
  uint64_t len;
  uint64_t size;                    /* of all stretches; UINT64_MAX: too large */
  int64_t stride[FMTCONV_MAX_RANK]; /* of each axis in scratch */
} image;

/* Drop axes of extent 1, join axes that run on in each other in both source and output. */
static void
simplify (fci_part_box *p)
{
  unsigned n = 0;
  for (unsigned i = 0; i < p->rank; i++)
    {
      uint64_t extent = p->extent[i], in = p->in[i], out = p->out[i];
      if (extent == 1)
        continue;
      bool joins = n > 0 && p->in[n - 1] == extent * in && p->out[n - 1] == extent * out;
      for (unsigned t = 0; t < p->n_tracks && joins; t++)
        joins = p->track[t].step[n - 1] == extent * p->track[t].step[i];
      if (!joins)
        p->extent[n++] = extent;
      else
        p->extent[n - 1] *= extent;
      p->in[n - 1] = in;
      p->out[n - 1] = out;
      for (unsigned t = 0; t < p->n_tracks; t++)
        p->track[t].step[n - 1] = p->track[t].step[i];
    }
  p->rank = n;
}

static uint64_t
count_elements (const fci_part_box *p)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < p->rank; i++)
    n *= p->extent[i];
  return n;
}

/* Largest stride first; equal ones stay in their order. */
static void
sort_axes (const fci_part_box *p, image *im)
{
  for (unsigned i = 0; i < p->rank; i++)
    {
      unsigned at = i;
      for (; at > 0 && p->in[im->order[at - 1]] < p->in[i]; at--)
        im->order[at] = im->order[at - 1];
      im->order[at] = i;
    }
}

/* Join axes to one stretch, innermost first, while what lies between is short or not more than what is
 * wanted. */
static void
plan_image (const fci_part_box *p, image *im)
{
  sort_axes (p, im);
  im->n_outer = p->rank;
  im->len = p->in_item;
  while (im->n_outer > 0)
    {
      unsigned axis = im->order[im->n_outer - 1];
      uint64_t step = p->in[axis], gap = step > im->len ? step - im->len : 0;
      if (gap > GAP && gap > im->len)
        break;
      im->len += (p->extent[axis] - 1) * step;
      im->stride[axis] = (int64_t) step;
      im->n_outer--;
    }
  im->size = im->len;
  for (unsigned i = im->n_outer; i-- > 0;)
    {
      unsigned axis = im->order[i];
      im->stride[axis] = (int64_t) im->size;
      if (__builtin_mul_overflow (im->size, p->extent[axis], &im->size))
        im->size = UINT64_MAX;
    }
}

/* n values that blocks at `from` hold, the first `skip` left out. */
static void
decode (uint32_t dtype, const uint8_t *from, uint64_t skip, uint64_t n, float *to)
{
  const fmtconv_dtype_info *info = fmtconv_dtype (dtype);
  float block[MOST_IN_BLOCK];
  while (n > 0)
    {
      uint64_t whole = skip == 0 ? n / info->block : 0, take = whole * info->block;
      if (whole)
        fci_quant_decode (dtype, from, (size_t) take, to);
      else
        {
          take = info->block - skip < n ? info->block - skip : n;
          fci_quant_decode (dtype, from, info->block, block);
          memcpy (to, block + skip, (size_t) take * sizeof *to);
        }
      from += (whole ? whole : 1) * info->block_bytes;
      to += take;
      n -= take;
      skip = 0;
    }
}

/* A stretch of `len` bytes of f32, `by` bytes behind the piece's first value: from as many blocks as it takes,
 * which are read to where elements will be gathered later. */
static int
read_blocks (fci_fetching *f, const fci_part_box *p, uint64_t by, uint64_t len, void *to)
{
  const uint32_t dtype = p->program->blocks;
  const fmtconv_dtype_info *info = fmtconv_dtype (dtype);
  uint64_t offset = p->offset, n = len / sizeof (float);
  uint32_t phase = p->phase;
  fci_place_move (dtype, &offset, &phase, by / sizeof (float));
  uint64_t size = (phase + n + info->block - 1) / info->block * info->block_bytes;
  bool whole = phase == 0 && n % info->block == 0 && size >= CHECKED;
  if ((whole ? fci_worker_read_piece : fci_worker_read) (f->worker, p->source, offset, f->worker->dense,
                                                         (size_t) size)
      != 0)
    return -1;
  decode (dtype, f->worker->dense, phase, n, to);
  return 0;
}

/* One stretch, `by` bytes behind the piece's first. */
static int
read_stretch (fci_fetching *f, const fci_part_box *p, uint64_t by, uint64_t len, bool unchecked, void *to)
{
  if (p->program->blocks)
    return read_blocks (f, p, by, len, to);
  return (unchecked ? fci_worker_read : fci_worker_read_piece) (f->worker, p->source, p->offset + by, to,
                                                                (size_t) len);
}

/* All stretches to the input scratch. */
static int
read_image (fci_fetching *f, const fci_part_box *p, const image *im)
{
  fci_worker *w = f->worker;
  uint64_t index[FMTCONV_MAX_RANK] = { 0 }, by = 0;
  const bool unchecked = f->unchecked || (im->n_outer > 0 && im->len < CHECKED);
  for (uint8_t *to = w->in;; to += im->len)
    {
      if (read_stretch (f, p, by, im->len, unchecked, to) != 0)
        return -1;
      unsigned i = im->n_outer;
      while (i > 0 && ++index[i - 1] == p->extent[im->order[i - 1]])
        {
          unsigned axis = im->order[--i];
          by -= (p->extent[axis] - 1) * p->in[axis];
          index[i] = 0;
        }
      if (i == 0)
        return 0;
      by += p->in[im->order[i - 1]];
    }
}

/* Are strides those of dense row-major elements from axis `first` on? */
static bool
is_dense (const fci_part_box *p, const uint64_t *stride, uint64_t item, unsigned first)
{
  for (unsigned i = p->rank; i-- > first; item *= p->extent[i])
    if (stride[i] != item)
      return false;
  return true;
}

/* The outermost axis from which on the output lies dense. */
static unsigned
dense_from (const fci_part_box *p)
{
  unsigned axis = p->rank;
  while (axis > 0 && is_dense (p, p->out, p->out_item, axis - 1))
    axis--;
  return axis;
}

/* Dense elements to their places in the output, through the program. */
static void
store (fci_fetching *f, const fci_part_box *p, const uint8_t *from, fci_tally *tally, uint8_t *out)
{
  unsigned outer = dense_from (p);
  uint64_t index[FMTCONV_MAX_RANK] = { 0 }, row = 1;
  for (unsigned i = outer; i < p->rank; i++)
    row *= p->extent[i];
  for (;; from += row * p->in_item)
    {
      if (p->program->rows.n_steps)
        fci_row_run (&p->program->rows, from, out, row, f->worker->row, NULL, tally);
      else
        memcpy (out, from, row * p->out_item);
      unsigned i = outer;
      while (i > 0 && ++index[i - 1] == p->extent[i - 1])
        {
          out -= (p->extent[i - 1] - 1) * p->out[i - 1];
          index[--i] = 0;
        }
      if (i == 0)
        return;
      out += p->out[i - 1];
    }
}

static void
add_tallies (fci_fetching *f, const fci_part_box *p, size_t first, const fci_tally *tally)
{
  for (unsigned i = 0; i < p->program->n_points; i++)
    {
      fci_tally *sum = &f->tallies[first + i];
      __atomic_fetch_add (&sum->inexact, tally[i].inexact, __ATOMIC_RELAXED);
      __atomic_fetch_add (&sum->overflow, tally[i].overflow, __ATOMIC_RELAXED);
      __atomic_fetch_add (&sum->underflow, tally[i].underflow, __ATOMIC_RELAXED);
      __atomic_fetch_add (&sum->nan, tally[i].nan, __ATOMIC_RELAXED);
      __atomic_fetch_add (&sum->inf, tally[i].inf, __ATOMIC_RELAXED);
    }
}

/* From the input scratch to the output: gather where elements are not in order, then the program. */
static int
convert (fci_fetching *f, const fci_part_box *p, const image *im, size_t first_tally, uint8_t *out)
{
  uint8_t *dense = f->worker->dense;
  const uint8_t *from = dense;
  fci_tally tally[FCI_MAX_STEPS];
  if (is_dense (p, (const uint64_t *) im->stride, p->in_item, 0))
    from = dense = f->worker->in;
  else if (fci_program_copies (p->program) && dense_from (p) == 0)
    {
      fci_gather (out, f->worker->in, p->rank, p->extent, im->stride, p->in_item);
      return 0;
    }
  else
    fci_gather (dense, f->worker->in, p->rank, p->extent, im->stride, p->in_item);
  if (p->program->swap)
    fci_swap (dense, count_elements (p) * p->in_item, p->program->swap);
  memset (tally, 0, sizeof tally);
  int code = 0;
  if (p->program->n_terms)
    code = fci_store_products (f, p, from, f->tallies ? tally : NULL, out);
  else
    store (f, p, from, f->tallies ? tally : NULL, out);
  if (f->tallies)
    add_tallies (f, p, first_tally, tally);
  return code;
}

void
fci_part_narrow (fci_part_box *p, unsigned axis, uint64_t start, uint64_t count)
{
  p->extent[axis] = count;
  if (p->program->blocks)
    fci_place_move (p->program->blocks, &p->offset, &p->phase, start * p->in[axis] / sizeof (float));
  else
    p->offset += start * p->in[axis];
  for (unsigned t = 0; t < p->n_tracks; t++)
    p->track[t].at += start * p->track[t].step[axis];
}

/* Both halves along the axis with the largest stride, so that no byte is read twice. */
static int
fetch_halves (fci_fetching *f, const fci_part_box *p, const image *im, size_t first_tally, uint8_t *out)
{
  unsigned axis = im->order[0];
  fci_part_box low = *p, high = *p;
  uint64_t half = p->extent[axis] / 2;
  fci_part_narrow (&low, axis, 0, half);
  fci_part_narrow (&high, axis, half, p->extent[axis] - half);
  if (fci_fetch_piece (f, &low, first_tally, out) != 0)
    return -1;
  return fci_fetch_piece (f, &high, first_tally, out + half * p->out[axis]);
}

/* One index of the first axis after the other. */
static int
fetch_slices (fci_fetching *f, const fci_part_box *p, size_t first_tally, uint8_t *out)
{
  for (uint64_t i = 0; i < p->extent[0]; i++)
    {
      fci_part_box slice = *p;
      fci_part_narrow (&slice, 0, i, 1);
      if (fci_fetch_piece (f, &slice, first_tally, out + i * p->out[0]) != 0)
        return -1;
    }
  return 0;
}

int
fci_fetch_piece (fci_fetching *f, const fci_part_box *whole, size_t first_tally, uint8_t *out)
{
  fci_part_box p = *whole;
  image im = { 0 };
  simplify (&p);
  uint64_t n = count_elements (&p);
  if (fci_is_cancelled (f->worker))
    return fci_fault_code (f->worker, FMTCONV_E_CANCELLED);
  if (!fci_part_is_matrix (&p))
    return fetch_slices (f, &p, first_tally, out);
  if (fci_program_copies (p.program) && is_dense (&p, p.in, p.in_item, 0) && dense_from (&p) == 0)
    return (f->unchecked ? fci_worker_read : fci_worker_read_piece) (f->worker, p.source, p.offset, out,
                                                                     n * p.in_item);
  plan_image (&p, &im);
  if (p.rank > 0 && (im.size > f->worker->room || n > f->worker->room / p.in_item))
    return fetch_halves (f, &p, &im, first_tally, out);
  if (read_image (f, &p, &im) != 0)
    return -1;
  return convert (f, &p, &im, first_tally, out);
}

/* Strides count elements: as bytes, in the leaf or of f32, and in the output. */
static void
to_bytes (fci_part_box *p, const fci_box *box, uint64_t *out_at)
{
  for (unsigned i = 0; i < p->rank; i++)
    {
      p->in[i] *= p->program->blocks ? sizeof (float) : 1;
      p->out[i] *= p->out_item;
    }
  *out_at *= p->out_item;
  p->in_item = p->program->blocks ? sizeof (float) : fci_item (box->dtype);
}

/* The same for stored blocks, which are moved as bytes: those of a row lie back to back. */
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

/* The part of a box that lies in the rectangle; false: none. */
static bool
clip (const fci_fetching *f, const fci_box *box, fci_part_box *p, uint64_t *out_at)
{
  uint64_t step = 1;
  p->offset = box->offset;
  p->phase = box->phase;
  p->n_tracks = fci_tracks (box->ops);
  for (unsigned t = 0; t < p->n_tracks; t++)
    p->track[t].at = FCI_TRACK (box, f->rank, t)[0];
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
      fci_place_move (box->dtype, &p->offset, &p->phase, (low - box->start[i]) * p->in[i]);
      for (unsigned t = 0; t < p->n_tracks; t++)
        {
          p->track[t].step[i] = FCI_TRACK (box, f->rank, t)[1 + i];
          p->track[t].at += (low - box->start[i]) * p->track[t].step[i];
        }
      *out_at += (low - f->start[i]) * step;
    }
  if (fci_is_blocks (box->dtype) && !p->program->blocks)
    to_raw_bytes (p, box, out_at);
  else
    to_bytes (p, box, out_at);
  return true;
}

/* First box that can reach index `low` of axis 0: boxes are sorted, and none is longer than the longest. */
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

/* All boxes, or where a coder is at work those that it takes, as f32; raw: the others. */
static int
fetch_boxes (fci_fetching *f, bool raw, uint8_t *out)
{
  fmtconv_view *view = f->rows->view;
  uint64_t at;
  for (size_t i = f->rank ? first_box (f->rows, f->start[0]) : 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      const fci_part *part = fci_rows_part (f->rows, i);
      fci_part_box p = { .program = part->program,
                         .source = box->source,
                         .rank = f->rank,
                         .out_item = fci_item (fci_box_target (view, i)) };
      if (f->rank && box->start[0] >= f->start[0] + f->extent[0])
        break;
      if (f->rows->coder && raw == (fci_ops_coder (box->ops) != NULL))
        continue;
      if (clip (f, box, &p, &at) && fci_fetch_piece (f, &p, part->tally, out + at) != 0)
        return -1;
    }
  return 0;
}

/* Rows before those of the rectangle. */
static uint64_t
first_row (const fci_fetching *f)
{
  uint64_t row = 0;
  for (unsigned i = 0; i + 1 < f->rank; i++)
    row = row * f->rows->view->shape[i] + f->start[i];
  return row;
}

static int fetch_coded (fci_fetching *f, uint8_t *out);

/* Both halves along the outermost axis that has any, so that one follows the other in the output. */
static int
fetch_coded_halves (const fci_fetching *f, uint8_t *out)
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
  if (fetch_coded (&low, out) != 0)
    return -1;
  return fetch_coded (&high, out + fci_dtype_bytes (f->rows->view->dtype, n));
}

/* The rectangle as f32, then as blocks; those that are stored already take their places last. */
static int
fetch_coded (fci_fetching *f, uint8_t *out)
{
  const fci_coder *coder = f->rows->coder;
  uint64_t columns = f->extent[f->rank - 1], n = 1;
  for (unsigned i = 0; i < f->rank; i++)
    n *= f->extent[i];
  if (n + (coder->importance ? columns + 1 : 0) > f->worker->room / sizeof (float))
    return fetch_coded_halves (f, out);
  if (coder->mixed)
    memset (f->worker->flat, 0, (size_t) n * sizeof (float));
  if (fetch_boxes (f, false, f->worker->flat) != 0
      || fci_code_rows (f->worker, coder, f->tallies, first_row (f), (size_t) (n / columns), (size_t) columns,
                        out)
             != 0)
    return -1;
  return coder->mixed ? fetch_boxes (f, true, out) : 0;
}

static int
fetch_rectangle (fci_fetching *f, uint8_t *out)
{
  return f->rows->coder ? fetch_coded (f, out) : fetch_boxes (f, false, out);
}

/* Elements a … b-1 of what lies below f->start[0 … axis-1], in as few rectangles as can be. */
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
  const fmtconv_dtype_info *info = fmtconv_dtype (rows->view->dtype);
  fci_fetching f = { .worker = worker, .rows = rows, .tallies = tallies, .rank = rows->view->rank };
  if (f.rank == 0)
    return fetch_rectangle (&f, out);
  uint8_t *to = out;
  int code = fetch_range (&f, 0, at / info->block_bytes * info->block,
                          (at + size) / info->block_bytes * info->block, &to);
  assert (code != 0 || to == out + size);
  return code;
}
