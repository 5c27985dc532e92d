/* core/exec/eval/part.c: evaluates part of a box: simplified, cut until it fits the scratch, read, gathered, converted.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/eval/factor.h"
#include "core/exec/eval/image.h"
#include "core/exec/eval/part.h"
#include "core/exec/eval/product.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/read.h"
#include "core/kernel/gather.h"
#include "core/kernel/row.h"
#include "core/kernel/swap.h"
#include "core/view/block-stride.h"
#include "core/view/place.h"
#include <string.h>

/* Drops axes of extent 1, and joins axes that are contiguous in source and output. */
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
        joins = fci_block_stride_join (&p->track[t].block_stride[n - 1], &p->track[t].block_stride[i], extent,
                                       &(fci_block_stride){ 0 });
      if (!joins)
        p->extent[n++] = extent;
      else
        p->extent[n - 1] *= extent;
      p->in[n - 1] = in;
      p->out[n - 1] = out;
      for (unsigned t = 0; t < p->n_tracks; t++)
        {
          fci_block_stride *block_stride = p->track[t].block_stride;
          if (!joins
              || !fci_block_stride_join (&block_stride[n - 1], &block_stride[i], extent,
                                         &block_stride[n - 1]))
            block_stride[n - 1] = block_stride[i];
        }
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

/* Returns whether the strides from axis `first` on are those of dense row-major elements. */
static bool
is_dense (const fci_part_box *p, const uint64_t *stride, uint64_t item, unsigned first)
{
  for (unsigned i = p->rank; i-- > first; item *= p->extent[i])
    if (stride[i] != item)
      return false;
  return true;
}

/* Returns the outermost axis from which the output is dense. */
static unsigned
dense_from (const fci_part_box *p)
{
  unsigned axis = p->rank;
  while (axis > 0 && is_dense (p, p->out, p->out_item, axis - 1))
    axis--;
  return axis;
}

/* Returns the number of axes before those of a row for the program: a row is dense, and with factors it has
 * one axis. */
static unsigned
outer_axes (const fci_part_box *p, const fci_factors *factors)
{
  unsigned outer = dense_from (p);
  return factors->n && outer + 1 < p->rank ? p->rank - 1 : outer;
}

/* Runs the program on dense elements, and stores the results in the output. */
static void
store (fci_fetching *f, const fci_part_box *p, const fci_factors *factors, const uint8_t *from,
       fci_tally *tally, uint8_t *out)
{
  unsigned outer = outer_axes (p, factors);
  uint64_t index[FMTCONV_MAX_RANK] = { 0 }, row = 1;
  fci_operand operands[FCI_MAX_TRACKS];
  for (unsigned i = outer; i < p->rank; i++)
    row *= p->extent[i];
  for (;; from += row * p->in_item)
    {
      fci_factors_at (factors, p, index, operands);
      if (p->program->rows.n_steps)
        fci_row_run (&p->program->rows, from, out, row, f->worker->row, operands, tally);
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
      __atomic_fetch_add (&sum->normal, tally[i].normal, __ATOMIC_RELAXED);
    }
}

/* Converts elements from the input scratch to the output: gathers them if they are not in order, then runs
 * the program. */
static int
convert (fci_fetching *f, const fci_part_box *p, const fci_image *im, const fci_factors *factors,
         size_t first_tally, uint8_t *out)
{
  uint8_t *dense = f->worker->dense;
  const uint8_t *from = dense;
  fci_tally tally[FCI_MAX_STEPS];
  if (is_dense (p, (const uint64_t *) im->stride, p->in_item, 0))
    {
      from = im->from;
      dense = f->worker->in; /* byte-swapped in place */
    }
  else if (fci_program_copies (p->program) && dense_from (p) == 0)
    {
      fci_gather (out, im->from, p->rank, p->extent, im->stride, p->in_item);
      return 0;
    }
  else
    fci_gather (dense, im->from, p->rank, p->extent, im->stride, p->in_item);
  if (p->program->swap)
    fci_byteswap (dense, count_elements (p) * p->in_item, p->program->swap);
  memset (tally, 0, sizeof tally);
  int code = 0;
  if (p->program->n_products)
    code = fci_store_products (f, p, factors, from, f->tallies ? tally : NULL, out);
  else
    store (f, p, factors, from, f->tallies ? tally : NULL, out);
  if (f->tallies)
    add_tallies (f, p, first_tally, tally);
  return code;
}

void
fci_part_narrow (fci_part_box *p, unsigned axis, uint64_t start, uint64_t count)
{
  p->extent[axis] = count;
  if (p->program->blocks)
    fci_leaf_offset_move (p->program->blocks, &p->offset, &p->phase, start * p->in[axis] / sizeof (float));
  else
    p->offset += start * p->in[axis];
  for (unsigned t = 0; t < p->n_tracks; t++)
    fci_block_stride_move (&p->track[t].block_stride[axis], &p->track[t].at, start);
}

/* Evaluates both halves along the axis with the largest stride, so that bytes are read once. */
static int
fetch_halves (fci_fetching *f, const fci_part_box *p, const fci_image *im, size_t first_tally, uint8_t *out)
{
  unsigned axis = im->order[0];
  fci_part_box low, high;
  uint64_t half = p->extent[axis] / 2;
  fci_part_copy (&low, p);
  fci_part_copy (&high, p);
  fci_part_narrow (&low, axis, 0, half);
  fci_part_narrow (&high, axis, half, p->extent[axis] - half);
  if (fci_fetch_part (f, &low, first_tally, out) != 0)
    return -1;
  return fci_fetch_part (f, &high, first_tally, out + half * p->out[axis]);
}

/* Evaluates the indices of the first axis one by one. */
static int
fetch_slices (fci_fetching *f, const fci_part_box *p, size_t first_tally, uint8_t *out)
{
  for (uint64_t i = 0; i < p->extent[0]; i++)
    {
      fci_part_box slice;
      fci_part_copy (&slice, p);
      fci_part_narrow (&slice, 0, i, 1);
      if (fci_fetch_part (f, &slice, first_tally, out + i * p->out[0]) != 0)
        return -1;
    }
  return 0;
}

int
fci_fetch_part (fci_fetching *f, const fci_part_box *whole, size_t first_tally, uint8_t *out)
{
  fci_part_box p;
  fci_image im = { 0 };
  fci_factors factors;
  const size_t in_use = f->factors;
  fci_part_copy (&p, whole);
  simplify (&p);
  uint64_t n = count_elements (&p);
  if (fci_is_cancelled (f->worker))
    return fci_fault_code (f->worker, FMTCONV_E_CANCELLED);
  if (!fci_part_is_matrix (&p) || !fci_factors_are_even (&p))
    return fetch_slices (f, &p, first_tally, out);
  if (fci_program_copies (p.program) && is_dense (&p, p.in, p.in_item, 0) && dense_from (&p) == 0)
    return (f->unchecked ? fci_worker_read : fci_worker_read_checked) (f->worker, p.source, p.offset, out,
                                                                       n * p.in_item);
  fci_image_plan (&p, &im);
  if (p.rank > 0
      && (im.size > f->worker->capacity || n > f->worker->capacity / p.in_item || !fci_factors_fit (f, &p)))
    return fetch_halves (f, &p, &im, first_tally, out);
  int code = fci_factors_fetch (f, &p, &factors);
  if (code == 0 && (code = fci_image_read (f, &p, &im)) == 0)
    code = convert (f, &p, &im, &factors, first_tally, out);
  f->factors = in_use;
  return code;
}
