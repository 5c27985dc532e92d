/* core/exec/eval/factor.c: reads the factors of a part's elements.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Adjacent elements share their factors, so that a part has few: they are read before its elements, as a
 * separate rectangle, and a part is cut until they fit their scratch. */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/eval/factor.h"
#include "core/exec/worker/worker.h"
#include "core/kernel/row.h"

enum
{
  ALIGNMENT = 64,
  SPARE = 64 /* floats reserved for alignment and for constant factors of factors, one for each */
};

/* Returns whether a factor's own factors vary along the axis. */
static bool
inner_varies (const fci_part_box *p, const fci_term *term, unsigned axis)
{
  for (unsigned t = 0; t < fci_tracks (term->by->ops); t++)
    if (p->track[term->track + 1 + t].block_stride[axis].step && p->extent[axis] > 1)
      return true;
  return false;
}

static bool
inner_varies_at_all (const fci_part_box *p, const fci_term *term)
{
  for (unsigned i = 0; term->by && i < p->rank; i++)
    if (inner_varies (p, term, i))
      return true;
  return false;
}

/* Returns the elements of a term's rectangle along an axis: one for each block, or one for each index if the
 * factor's own factors vary there. */
static uint64_t
count_along (const fci_part_box *p, const fci_term *term, unsigned axis)
{
  const fci_block_stride *own = &p->track[term->track].block_stride[axis];
  return inner_varies (p, term, axis) ? p->extent[axis] : fci_block_stride_count (own, p->extent[axis]);
}

/* Returns the elements of a term's rectangle; UINT64_MAX: too many. */
static uint64_t
count_factors (const fci_part_box *p, const fci_term *term)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < p->rank; i++)
    if (__builtin_mul_overflow (n, count_along (p, term, i), &n))
      return UINT64_MAX;
  return n;
}

bool
fci_factors_are_even (const fci_part_box *p)
{
  for (unsigned n = 0; n < p->program->n_terms; n++)
    {
      const fci_term *term = &p->program->terms[n];
      for (unsigned i = 0; inner_varies_at_all (p, term) && i < p->rank; i++)
        if (p->track[term->track].block_stride[i].block != 1)
          return false;
    }
  return true;
}

bool
fci_factors_fit (const fci_fetching *f, const fci_part_box *p)
{
  const bool inner = f->factors > 0; /* factors of factors */
  uint64_t left =
      FCI_FACTOR_CAPACITY / sizeof (float) - (inner ? ALIGNMENT / sizeof (float) : SPARE) - f->factors;
  for (unsigned i = 0; i < p->program->n_terms; i++)
    if (inner_varies_at_all (p, &p->program->terms[i]))
      {
        left /= 2; /* the other half is for the factors' own factors */
        break;
      }
  for (unsigned i = 0; i < p->program->n_terms; i++)
    {
      const fci_term *term = &p->program->terms[i];
      const uint64_t n = term->by ? count_factors (p, term) : 0;
      if (n > left)
        return false;
      left -= n;
    }
  return true;
}

/* Returns the aligned scratch for factors. */
static float *
capacity (const fci_worker *w, const fci_program *program)
{
  uint8_t *at = (uint8_t *) w->row + fci_row_scratch (&program->rows);
  return (float *) (void *) (at + -(uintptr_t) at % ALIGNMENT);
}

/* Sets *to to the rectangle of a term as a part, and `stride` to the strides of its result. */
static void
part_of_term (const fci_part_box *p, const fci_term *term, fci_part_box *to, uint64_t *stride)
{
  const fci_part_track *track = &p->track[term->track];
  uint64_t step = 1;
  to->program = term->factor[0];
  to->source = term->by->source;
  to->offset = track->at;
  to->phase = 0;
  to->rank = p->rank;
  to->n_tracks = fci_tracks (term->by->ops);
  to->in_item = fci_element_bytes (term->by->dtype);
  to->out_item = sizeof (float);
  for (unsigned i = p->rank; i-- > 0;)
    {
      to->extent[i] = count_along (p, term, i);
      to->in[i] = track->block_stride[i].step;
      to->out[i] = step * sizeof (float);
      stride[i] = to->extent[i] > 1 ? step : 0;
      step *= to->extent[i];
    }
  memcpy (to->track, track + 1, to->n_tracks * sizeof *track);
}

int
fci_factors_fetch (fci_fetching *f, const fci_part_box *p, fci_factors *factors)
{
  fci_fetching fetch = { .worker = f->worker, .unchecked = true };
  factors->n = 0;
  for (unsigned i = 0; i < p->program->n_terms; i++)
    {
      const fci_term *term = &p->program->terms[i];
      fci_part_box rectangle;
      if (!term->by)
        continue;
      float *values = capacity (f->worker, p->program) + f->factors;
      part_of_term (p, term, &rectangle, factors->item[factors->n].stride);
      factors->item[factors->n].values = values;
      factors->item[factors->n].block_stride = p->track[term->track].block_stride;
      factors->n++;
      f->factors += (size_t) count_factors (p, term);
      fetch.factors = f->factors;
      if (fci_fetch_part (&fetch, &rectangle, 0, (uint8_t *) values) != 0)
        return -1;
      fci_file_order_floats (values, (size_t) count_factors (p, term));
    }
  return 0;
}

void
fci_factors_at (const fci_factors *factors, const fci_part_box *p, const uint64_t *index,
                fci_operand *operands)
{
  const unsigned last = p->rank - 1;
  for (unsigned i = 0, k = 0; k < factors->n; i++)
    {
      if (!p->program->terms[i].by)
        continue;
      const fci_block_stride *block_stride = factors->item[k].block_stride;
      const uint64_t *stride = factors->item[k].stride;
      const float *values = factors->item[k].values;
      for (unsigned axis = 0; axis + 1 < p->rank; axis++)
        values += (block_stride[axis].phase + index[axis]) / block_stride[axis].block * stride[axis];
      operands[i] = (fci_operand){ .values = values };
      if (p->rank > 0 && stride[last])
        {
          operands[i].block = block_stride[last].block;
          operands[i].phase = block_stride[last].phase + index[last];
        }
      k++;
    }
}
